{{/* Mixes across services; what one service can see by itself is checked in its own chart. */}}
{{- define "platform.validate" -}}
{{- if not (include "platform.enabled" . | trim) -}}
{{- fail "nothing to install: enable at least one of gateway, catalog, training, prediction, notify" -}}
{{- end -}}
{{- if .Values.ingress.enabled }}{{ include "platform.validateIngress" . }}{{ end -}}
{{- end -}}

{{- define "platform.validateIngress" -}}
{{- $gateway := .Values.gateway -}}
{{- if not $gateway.enabled -}}
{{- fail "ingress.enabled needs gateway.enabled: the gateway is the only public door" -}}
{{- end -}}
{{- $config := mergeOverwrite (dict) (deepCopy .Values.global.config) (deepCopy $gateway.config) -}}
{{- $url := urlParse (get $config "API_BASE_URL") -}}
{{- $host := splitList ":" $url.host | first -}}
{{- if or (not .Values.ingress.host) (ne .Values.ingress.host $host) -}}
{{- fail (printf "ingress.host is %q, the host of API_BASE_URL is %q; both are the public name of the API" .Values.ingress.host $host) -}}
{{- end -}}
{{- if not (hasPrefix "/api" $url.path) -}}
{{- fail (printf "API_BASE_URL has the path %q; the ingress serves /api" $url.path) -}}
{{- end -}}
{{- if not (get $config "TRUSTED_PROXIES") -}}
{{- fail "set gateway.config.TRUSTED_PROXIES to the addresses of the ingress controller, else all callers share one rate limit" -}}
{{- end -}}
{{- include "platform.validateScheme" (dict "scheme" $url.scheme "config" $config "tls" .Values.ingress.tlsSecret) -}}
{{- end -}}

{{- define "platform.validateScheme" -}}
{{- if eq .scheme "https" -}}
{{- if eq (get .config "DEBUG" | default "false" | lower) "true" -}}
{{- fail "DEBUG=true must not face the public: take it out of global.config, or give API_BASE_URL the scheme http" -}}
{{- end -}}
{{- if eq (get .config "AUTH_PROVIDER") "dev" -}}
{{- fail "AUTH_PROVIDER=dev is one token for all and must not face the public: set HANKO_API_URL, or give API_BASE_URL the scheme http" -}}
{{- end -}}
{{- else -}}
{{- if .tls }}{{ fail "ingress.tlsSecret is set, so API_BASE_URL must begin with https" }}{{ end -}}
{{- if ne (get .config "SECURE_SSL_REDIRECT" | default "true" | lower) "false" -}}
{{- fail "API_BASE_URL is plain http: set SECURE_SSL_REDIRECT to \"false\" in gateway.config, or every request is redirected for ever" -}}
{{- end -}}
{{- end -}}
{{- end -}}

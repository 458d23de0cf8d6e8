{{/* All settings of the service as one map, its own over the shared ones. */}}
{{- define "service.config" -}}
{{- mergeOverwrite (dict) (deepCopy (.Values.global.config | default dict)) .Values.config | toYaml -}}
{{- end -}}

{{/* What its own ConfigMap holds: under the umbrella the shared settings have a ConfigMap of their own. */}}
{{- define "service.ownConfig" -}}
{{- ternary (include "service.config" .) (toYaml .Values.config) .Chart.IsRoot -}}
{{- end -}}

{{- define "service.envFrom" -}}
{{- if not .Chart.IsRoot }}
- configMapRef:
    name: {{ .Release.Name }}-shared
{{- end }}
- configMapRef:
    name: {{ include "service.fullname" . }}
{{- end -}}

{{/* What only the chart knows. */}}
{{- define "service.listeners" -}}
- name: HTTP__HOST
  value: 0.0.0.0
- name: HTTP__PORT
  value: {{ .Values.internalPort | quote }}
{{- if .Values.public.port }}
- name: PUBLIC__HOST
  value: 0.0.0.0
- name: PUBLIC__PORT
  value: {{ .Values.public.port | quote }}
- name: GATEWAY_WORKERS
  value: {{ .Values.public.workers | quote }}
{{- end }}
{{- end -}}

{{/* Takes root and `bus`, the secret with the address of the bus: the service's own, or that of `provision`. */}}
{{- define "service.secretEnv" -}}
{{- $secret := include "service.secret" .root }}
{{- range .root.Values.secrets.keys }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ eq . "NATS_URL" | ternary $.bus $secret }}, key: {{ . }}}
{{- end }}
{{- range .root.Values.secrets.optional }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ . }}, optional: true}
{{- end }}
{{- end -}}

{{/* The hook runs before the release's ConfigMaps exist, so it carries the settings itself. */}}
{{- define "service.inlineEnv" -}}
{{- range $name, $value := include "service.config" . | fromYaml }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

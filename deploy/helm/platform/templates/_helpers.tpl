{{- define "platform.rooms" -}}
gateway catalog training prediction notify
{{- end -}}

{{- define "platform.enabled" -}}
{{- range splitList " " (include "platform.rooms" .) }}{{ if (get $.Values .).enabled }}{{ . }} {{ end }}{{ end -}}
{{- end -}}

{{- define "platform.labels" -}}
app.kubernetes.io/name: platform
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: fairway
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The Service in front of the gateway's public port, named as the service chart names it. */}}
{{- define "platform.public" -}}
{{- $gateway := dict "Values" .Values.gateway "Release" .Release -}}
{{- include "service.fullname" $gateway }}-public
{{- end -}}

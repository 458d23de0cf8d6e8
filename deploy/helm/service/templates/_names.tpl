{{- define "service.fullname" -}}
{{- eq .Release.Name .Values.room | ternary .Values.room (printf "%s-%s" .Release.Name .Values.room) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* At most the 63 characters of a name: what is cut is the release's. */}}
{{- define "service.componentName" -}}
{{- $room := include "service.fullname" .root | trunc (sub 62 (len .component) | int) | trimSuffix "-" -}}
{{- printf "%s-%s" $room .component -}}
{{- end -}}

{{/* Deployments of workers: job group, empty for all of them → values, those of the group over the common ones. */}}
{{- define "service.workers" -}}
{{- $workers := dict -}}
{{- $common := omit .Values.worker "groups" -}}
{{- if .Values.worker.replicas }}{{ $_ := set $workers "" $common }}{{ end -}}
{{- range $group, $own := .Values.worker.groups -}}
{{- $_ := set $workers $group (mergeOverwrite (deepCopy $common) $own) -}}
{{- end -}}
{{- toYaml $workers -}}
{{- end -}}

{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .root.Values.room }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "service.labels" -}}
app.kubernetes.io/name: {{ .Values.room }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: fairway
app.kubernetes.io/version: {{ include "service.tag" . | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "service.tag" -}}
{{- .Values.image.tag | default .Values.global.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{/* Takes root and component: what computes runs in the image of the workers, which has more libraries. */}}
{{- define "service.image" -}}
{{- $kind := regexMatch "^(worker|serving)" .component | ternary "-worker" "" -}}
{{- printf "%s/%s%s:%s" (trimSuffix "/" .root.Values.global.image.registry) .root.Values.room $kind (include "service.tag" .root) -}}
{{- end -}}

{{- define "service.account" -}}
{{- .Values.serviceAccount.name | default (ternary (include "service.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "service.secret" -}}
{{- .Values.secrets.existingSecret | default (include "service.fullname" .) -}}
{{- end -}}

{{- define "service.provisionSecret" -}}
{{- .Values.global.provisionSecret | default (printf "%s-provision" .Release.Name) -}}
{{- end -}}

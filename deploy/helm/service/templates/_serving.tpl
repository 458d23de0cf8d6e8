{{- define "service.servingName" -}}
{{- include "service.componentName" (dict "root" .root "component" (printf "serving-%s" .model)) -}}
{{- end -}}

{{/* Longest prediction that serving.py waits for, in seconds. */}}
{{- define "service.longestServing" -}}55{{- end -}}

{{/* Pod template of one plug-in. Neither bus nor database: of the secret it sees the keys of the object store only. */}}
{{- define "service.servingPod" -}}
{{- $pod := dict "root" .root "component" (printf "serving-%s" .model) "of" .root.Values.serving -}}
metadata:
  labels:
    {{- include "service.selector" $pod | nindent 4 }}
    app.kubernetes.io/part-of: fairway
  annotations:
    checksum/config: {{ include "service.config" .root | sha256sum }}
spec:
  serviceAccountName: {{ include "service.account" .root }}
  {{- include "service.podBasics" $pod | nindent 2 }}
  terminationGracePeriodSeconds: {{ .root.Values.serving.graceSeconds }}
  topologySpreadConstraints:
    {{- include "service.spread" $pod | nindent 4 }}
  containers:
    - name: {{ .root.Values.room }}
      command: [python, -m, prediction.serving]
      {{- include "service.containerBasics" $pod | nindent 6 }}
      envFrom:
        {{- include "service.envFrom" .root | trim | nindent 8 }}
      env:
        - name: MODEL_MODULE
          value: {{ .module }}
        - name: SERVE_CHILDREN
          value: {{ .root.Values.serving.children | quote }}
        - name: HTTP__HOST
          value: 0.0.0.0
        - name: HTTP__PORT
          value: {{ .root.Values.serving.port | quote }}
        {{- include "service.storeEnv" .root | trim | nindent 8 }}
      ports:
        - name: serving
          containerPort: {{ .root.Values.serving.port }}
      {{- include "service.probes" (dict "port" "serving" "live" "/health") | nindent 6 }}
      lifecycle:
        preStop:
          sleep: {seconds: {{ .root.Values.drainSeconds }}}
{{- end -}}

{{- define "service.storeEnv" -}}
{{- $secret := include "service.secret" . }}
{{- range concat .Values.secrets.keys .Values.secrets.optional }}
{{- if hasPrefix "AWS_" . }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ . }}, optional: true}
{{- end }}
{{- end }}
{{- end -}}

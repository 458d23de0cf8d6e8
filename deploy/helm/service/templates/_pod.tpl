{{/* Pod template of a process that lasts. Takes root, component, args, and `of`: values of the process, such as resources. */}}
{{- define "service.pod" -}}
metadata:
  labels:
    {{- include "service.selector" . | nindent 4 }}
    app.kubernetes.io/part-of: fairway
  annotations:
    checksum/config: {{ include "service.config" .root | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .root.Values.internalPort | quote }}
    prometheus.io/path: /metrics
spec:
  serviceAccountName: {{ include "service.account" .root }}
  {{- include "service.podBasics" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ .of.graceSeconds }}
  topologySpreadConstraints:
    {{- include "service.spread" . | nindent 4 }}
  containers:
    - name: {{ .root.Values.room }}
      args: [{{ join ", " .args }}]
      {{- include "service.containerBasics" . | nindent 6 }}
      envFrom:
        {{- include "service.envFrom" .root | trim | nindent 8 }}
      env:
        {{- include "service.listeners" .root | trim | nindent 8 }}
        {{- include "service.secretEnv" (dict "root" .root "bus" (include "service.secret" .root)) | trim | nindent 8 }}
      ports:
        - name: internal
          containerPort: {{ .root.Values.internalPort }}
        {{- if .root.Values.public.port }}
        - name: public
          containerPort: {{ .root.Values.public.port }}
        {{- end }}
      {{- include "service.probes" (dict "port" "internal" "live" "/livez") | nindent 6 }}
      {{- if .root.Values.public.port }}
      lifecycle:
        preStop:
          sleep: {seconds: {{ .root.Values.drainSeconds }}}
      {{- end }}
{{- end -}}

{{- define "service.spread" -}}
{{- range .root.Values.topologyKeys }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "service.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "service.podBasics" -}}
automountServiceAccountToken: {{ and .root.Values.serviceAccount.token (ne .component "migrate") }}
enableServiceLinks: false
{{- with .root.Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: scratch
    emptyDir: {sizeLimit: {{ .of.scratch }}}
{{- with .of.sourcesClaim }}
  - name: sources
    persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- end -}}

{{- define "service.containerBasics" -}}
image: {{ include "service.image" . }}
imagePullPolicy: {{ .root.Values.global.image.pullPolicy }}
resources:
  {{- toYaml .of.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - name: scratch
    mountPath: /tmp
{{- if .of.sourcesClaim }}
  - name: sources
    mountPath: /tmp/processing
{{- end }}
{{- end -}}

{{/* Slow starts are the startup probe's business: bus and database may come up after us. */}}
{{- define "service.probes" -}}
startupProbe:
  httpGet: {path: {{ .live }}, port: {{ .port }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: {{ .live }}, port: {{ .port }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}}
  periodSeconds: 5
  timeoutSeconds: 3
{{- end -}}

{{/* Takes root, name (of the Deployment) and scale. */}}
{{- define "service.hpa" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels:
    {{- include "service.labels" .root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .name }}
  minReplicas: {{ .scale.min }}
  maxReplicas: {{ .scale.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .scale.cpu }}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end -}}

{{/* Longest orderly stop of a process, in seconds: the gateway's supervisor waits that long for its workers. */}}
{{- define "service.longestStop" -}}30{{- end -}}

{{/* Mixes that no schema can see. Included once, by the serving deployment. */}}
{{- define "service.validate" -}}
{{- include "service.validateName" . -}}
{{- include "service.validateScale" . -}}
{{- include "service.validateStop" . -}}
{{- include "service.validateSettings" . -}}
{{- include "service.validateResources" . -}}
{{- if eq .Values.room "gateway" }}{{ include "service.validateGateway" . }}{{ end -}}
{{- end -}}

{{- define "service.validateName" -}}
{{- if and (not .Chart.IsRoot) (ne .Chart.Name .Values.room) -}}
{{- fail (printf "the alias %s holds the room %s; alias, room, image and database have one name" .Chart.Name .Values.room) -}}
{{- end -}}
{{- end -}}

{{- define "service.validateScale" -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.min) (int .Values.autoscaling.max)) -}}
{{- fail (printf "%s: autoscaling.min %v is above autoscaling.max %v" .Values.room .Values.autoscaling.min .Values.autoscaling.max) -}}
{{- end -}}
{{- if and .Values.serving.autoscaling.enabled (gt (int .Values.serving.autoscaling.min) (int .Values.serving.autoscaling.max)) -}}
{{- fail (printf "%s: serving.autoscaling.min is above serving.autoscaling.max" .Values.room) -}}
{{- end -}}
{{- if eq (int .Values.public.port) (int .Values.internalPort) -}}
{{- fail (printf "%s: public.port and internalPort are both %v; /metrics would be public" .Values.room .Values.internalPort) -}}
{{- end -}}
{{- end -}}

{{- define "service.validateStop" -}}
{{- $stop := include "service.longestStop" . | int -}}
{{- $needed := add $stop (int .Values.drainSeconds) -}}
{{- if le (int .Values.graceSeconds) $needed -}}
{{- fail (printf "%s: graceSeconds must be above %v (drainSeconds and %v seconds to finish requests)" .Values.room $needed $stop) -}}
{{- end -}}
{{- $serving := add (include "service.longestServing" . | int) (int .Values.drainSeconds) -}}
{{- if le (int .Values.serving.graceSeconds) $serving -}}
{{- fail (printf "%s: serving.graceSeconds must be above %v (drainSeconds and the longest prediction)" .Values.room $serving) -}}
{{- end -}}
{{- range $group, $of := set (include "service.workers" . | fromYaml) "" .Values.worker -}}
{{- if le (int $of.graceSeconds) $stop -}}
{{- fail (printf "%s: %s.graceSeconds must be above %v" $.Values.room (empty $group | ternary "worker" (printf "worker.groups.%s" $group)) $stop) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "service.validateSettings" -}}
{{- $config := include "service.config" . | fromYaml -}}
{{- with get $config "NATS_STREAM_BYTES" -}}
{{- if lt (int64 .) 268435456 }}{{ fail (printf "%s: NATS_STREAM_BYTES is %s; the streams need 268435456 or more" $.Values.room .) }}{{ end -}}
{{- end -}}
{{- $secret := concat .Values.secrets.keys .Values.secrets.optional -}}
{{- range $secret -}}
{{- if hasKey $config . -}}
{{- fail (printf "%s: %s is a secret and a setting of config at once; keep one" $.Values.room .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Bytes of a quantity in Mi or Gi; 0 for any other, which is not judged here. */}}
{{- define "service.bytes" -}}
{{- if regexMatch "^[0-9]+Mi$" (toString .) }}{{ mul (trimSuffix "Mi" (toString .) | int64) 1048576 }}
{{- else if regexMatch "^[0-9]+Gi$" (toString .) }}{{ mul (trimSuffix "Gi" (toString .) | int64) 1073741824 }}
{{- else }}0{{ end -}}
{{- end -}}

{{- define "service.validateResources" -}}
{{- $processes := dict "" .Values "serving." .Values.serving -}}
{{- range $group, $of := include "service.workers" . | fromYaml }}{{ $_ := set $processes (empty $group | ternary "worker." (printf "worker.groups.%s." $group)) $of }}{{ end -}}
{{- range $name, $of := $processes -}}
{{- $asked := include "service.bytes" (get $of.resources.requests "memory") | int64 -}}
{{- $allowed := include "service.bytes" (get $of.resources.limits "memory") | int64 -}}
{{- if and $asked $allowed (gt $asked $allowed) -}}
{{- fail (printf "%s: %sresources ask for more memory than their limit" $.Values.room $name) -}}
{{- end -}}
{{- if and (get $of "autoscaling") (($of.autoscaling | default dict).enabled) (not (get $of.resources.requests "cpu")) -}}
{{- fail (printf "%s: %sautoscaling by CPU needs %sresources.requests.cpu" $.Values.room $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "service.validateGateway" -}}
{{- $config := include "service.config" . | fromYaml -}}
{{- range list "FRONTEND_URL" "API_BASE_URL" -}}
{{- if not (get $config .) }}{{ fail (printf "gateway: set %s in global.config" .) }}{{ end -}}
{{- end -}}
{{- $provider := get $config "AUTH_PROVIDER" | default "hanko" -}}
{{- if and (eq $provider "hanko") (not (get $config "HANKO_API_URL")) -}}
{{- fail "gateway: AUTH_PROVIDER=hanko needs HANKO_API_URL in gateway.config" -}}
{{- end -}}
{{- $needed := eq $provider "hanko" | ternary "COOKIE_SECRET" "FAIR_DEV_TOKEN" -}}
{{- if not (has $needed .Values.secrets.keys) -}}
{{- fail (printf "gateway: AUTH_PROVIDER=%s needs %s in gateway.secrets.keys" $provider $needed) -}}
{{- end -}}
{{- end -}}

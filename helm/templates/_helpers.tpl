{{- define "ai-ops.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{- define "ai-ops.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ai-ops.labels" -}}
{{ include "ai-ops.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "ai-ops.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ .Values.serviceAccount.name | default (include "ai-ops.fullname" .) }}
{{- else -}}{{ .Values.serviceAccount.name | default "default" }}{{- end -}}
{{- end -}}

{{/* LAB answers to names that it knows only: those of the ingress and of the service. */}}
{{- define "ai-ops.hosts" -}}
{{- $name := include "ai-ops.fullname" . -}}
{{- $namespace := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts := list $name $namespace (printf "%s.svc" $namespace) (printf "%s.svc.cluster.local" $namespace) -}}
{{- if .Values.ingress.enabled }}{{ $hosts = prepend $hosts .Values.ingress.host }}{{ end -}}
{{- join "," $hosts -}}
{{- end -}}

{{- define "ai-ops.redisName" -}}
{{- printf "%s-redis" (include "ai-ops.fullname" . | trunc 57 | trimSuffix "-") -}}
{{- end -}}

{{- define "ai-ops.hasRedis" -}}
{{- if or .Values.redis.existingSecret .Values.redis.tryOut.enabled }}true{{ end -}}
{{- end -}}

{{/* Whether there may be more than one pod. */}}
{{- define "ai-ops.isMany" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}true{{ end -}}
{{- end -}}

{{- define "ai-ops.image" -}}
{{- if .Values.image.digest }}{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}{{ end -}}
{{- end -}}

{{/* What the restricted pod security standard demands of a pod, and of a container. */}}
{{- define "ai-ops.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "ai-ops.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Outside LAB the service refuses to start without these: better said before anything is installed. */}}
{{- define "ai-ops.demands" -}}
{{- $hasRedis := include "ai-ops.hasRedis" . -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.host is missing: name the host that the sidecar answers on" }}{{ end -}}
{{- if and .Values.ingress.enabled (not .Values.trustedProxies) }}{{ fail "trustedProxies is missing: with an ingress every request comes from it, and all users would share one rate limit; name its addresses" }}{{ end -}}
{{- range $name, $value := dict "AI_OPS_TRUSTED_PROXIES" "trustedProxies" "AI_OPS_DRAIN_SECONDS" "drainSeconds" "NODE_EXTRA_CA_CERTS" "caBundle" "NO_PROXY" "proxy.noProxy" "AI_OPS_ENV" "environment" -}}
{{- if hasKey $.Values.config $name }}{{ fail (printf "config.%s: use %s" $name $value) }}{{ end -}}
{{- end -}}
{{- range list "NAUTOBOT_TOKEN" "REDIS_URL" "HTTP_PROXY" "HTTPS_PROXY" "OPENAI_API_KEY" "AZURE_OPENAI_API_KEY" "AI_OPS_MCP_SERVERS" -}}
{{- if hasKey $.Values.config . }}{{ fail (printf "config.%s holds a secret: name an existing one, in extraEnv or extraEnvFrom at least" .) }}{{ end -}}
{{- end -}}
{{- if and .Values.redis.tryOut.enabled .Values.redis.existingSecret }}{{ fail "redis.tryOut.enabled: there is a redis.existingSecret already" }}{{ end -}}
{{- if and .Values.redis.tryOut.enabled (eq .Values.environment "PROD") }}{{ fail "redis.tryOut.enabled: it keeps nothing, which PROD must not rely on" }}{{ end -}}
{{- if and (include "ai-ops.isMany" .) (not $hasRedis) }}{{ fail "redis.existingSecret is missing: more than one pod share their runs through Redis" }}{{ end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}{{ fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" }}{{ end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) (ne .Values.environment "LAB") }}{{ fail "networkPolicy.egress is missing: the pod would reach neither Nautobot nor a model" }}{{ end -}}
{{- if ne .Values.environment "LAB" -}}
{{- if not .Values.nautobot.url }}{{ fail (printf "nautobot.url is missing: %s takes its configuration from Nautobot" .Values.environment) }}{{ end -}}
{{- if not .Values.nautobot.existingSecret }}{{ fail "nautobot.existingSecret is missing: name a secret with the service account's API token" }}{{ end -}}
{{- if not $hasRedis }}{{ fail "redis.existingSecret is missing: name a secret with the address of Redis" }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Names of their own, so that the service does not choose these pods. */}}
{{- define "ai-ops.redisSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ai-ops.testSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

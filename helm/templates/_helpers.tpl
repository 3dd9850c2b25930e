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

{{/* Outside LAB the service refuses to start without these: better said before anything is installed. */}}
{{- define "ai-ops.demands" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.host is missing: name the host that the sidecar answers on" }}{{ end -}}
{{- if and .Values.ingress.enabled (not .Values.trustedProxies) }}{{ fail "trustedProxies is missing: with an ingress every request comes from it, and all users would share one rate limit; name its addresses" }}{{ end -}}
{{- if hasKey .Values.config "AI_OPS_TRUSTED_PROXIES" }}{{ fail "config.AI_OPS_TRUSTED_PROXIES: use trustedProxies" }}{{ end -}}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.redis.existingSecret) }}{{ fail "redis.existingSecret is missing: more than one pod share their runs through Redis" }}{{ end -}}
{{- if ne .Values.environment "LAB" -}}
{{- if not .Values.nautobot.url }}{{ fail (printf "nautobot.url is missing: %s takes its configuration from Nautobot" .Values.environment) }}{{ end -}}
{{- if not .Values.nautobot.existingSecret }}{{ fail "nautobot.existingSecret is missing: name a secret with the service account's API token" }}{{ end -}}
{{- if not .Values.redis.existingSecret }}{{ fail "redis.existingSecret is missing: name a secret with the address of Redis" }}{{ end -}}
{{- end -}}
{{- end -}}

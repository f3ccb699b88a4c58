{{- define "varve.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "varve.labels" -}}
app.kubernetes.io/name: varve
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "varve.selector" -}}
app.kubernetes.io/name: varve
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "varve.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "varve.isCluster" -}}
{{- if gt (int .Values.nodes) 1 -}}yes{{- end -}}
{{- end -}}

{{- define "varve.secret" -}}
{{ .Values.cluster.existingSecret | default (printf "%s-cluster" (include "varve.name" .)) }}
{{- end -}}

{{- define "varve.zookeeper" -}}
{{- if .Values.cluster.zookeeper -}}
{{ .Values.cluster.zookeeper }}
{{- else if .Values.zookeeper.enabled -}}
{{- $name := include "varve.name" . -}}
{{- $members := list -}}
{{- range $i := until (int .Values.zookeeper.members) -}}
{{- $members = append $members (printf "%s-zookeeper-%d.%s-zookeeper.%s.svc:2181" $name $i $name $.Release.Namespace) -}}
{{- end -}}
{{ join "," $members }}
{{- else -}}
{{ fail "more than one node needs cluster.zookeeper or zookeeper.enabled" }}
{{- end -}}
{{- end -}}

{{- define "varve.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "varve.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "outring.labels" -}}
app.kubernetes.io/name: outring
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "outring.metadata" -}}
labels:
  {{- include "outring.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "outring.pod" -}}
terminationGracePeriodSeconds: {{ add .Values.drainSeconds 30 }}
automountServiceAccountToken: false
enableServiceLinks: false # their variables begin with OUTRING_, as settings do
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 990
  runAsGroup: 990
  fsGroup: 990
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: settings
    configMap:
      name: {{ .Release.Name }}
  - name: cache
    emptyDir:
      sizeLimit: 1Gi
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
{{- end }}

{{- define "outring.container" -}}
name: outring
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: settings
    mountPath: /etc/outring
    readOnly: true
  - name: cache
    mountPath: /var/cache/outring
  - name: tmp
    mountPath: /tmp
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{- define "outring.environment" -}}
- name: POD_NAME
  valueFrom:
    fieldRef: {fieldPath: metadata.name}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef: {fieldPath: metadata.namespace}
- name: OUTRING_NODE_NAME
  value: $(POD_NAME)
- name: OUTRING_CALL_DRAIN_MS
  value: {{ mul .Values.drainSeconds 1000 | quote }}
- name: OUTRING_DATABASE_URL
  valueFrom:
    secretKeyRef: {name: {{ .Values.secret }}, key: database-url}
- name: OUTRING_REDIS_URL
  valueFrom:
    secretKeyRef: {name: {{ .Values.secret }}, key: redis-url}
- name: OUTRING_ADMIN_TOKEN_SHA256
  valueFrom:
    secretKeyRef: {name: {{ .Values.secret }}, key: admin-token-sha256, optional: true}
{{- end }}

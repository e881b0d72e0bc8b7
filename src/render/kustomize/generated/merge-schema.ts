/**
 * How lists of the Kubernetes kinds merge in a strategic merge patch, as the OpenAPI document of Kubernetes 1.21 says
 * (`x-kubernetes-patch-strategy: merge` with its keys); kustomize 5.8 knows no other. Fields that lead to no merging
 * list are left out, and types of the same shape share one entry.
 */
export interface MergeField {
  /** Type of an object field. */
  readonly type?: string
  /** Type of a list's items. */
  readonly of?: string
  /** Merge keys; present where the list merges, empty for a list of scalars. */
  readonly keys?: readonly string[]
}

export const mergeTypes: Readonly<Record<string, Readonly<Record<string, MergeField>>>> = {
 "admissionregistration.v1.MutatingWebhookConfiguration": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "webhooks": {
   "keys": [
    "name"
   ],
   "of": "admissionregistration.v1.MutatingWebhook"
  }
 },
 "meta.v1.ObjectMeta": {
  "finalizers": {
   "keys": []
  },
  "ownerReferences": {
   "keys": [
    "uid"
   ]
  }
 },
 "admissionregistration.v1.MutatingWebhook": {
  "namespaceSelector": {
   "type": "meta.v1.LabelSelector"
  },
  "objectSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "meta.v1.LabelSelector": {
  "matchExpressions": {
   "of": "meta.v1.LabelSelectorRequirement"
  }
 },
 "meta.v1.LabelSelectorRequirement": {
  "key": {
   "keys": [
    "key"
   ]
  }
 },
 "apiextensions.v1.CustomResourceDefinition": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  }
 },
 "apiregistration.v1.APIService": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "apiregistration.v1.APIServiceStatus": {
  "conditions": {
   "keys": [
    "type"
   ]
  }
 },
 "apps.v1.DaemonSet": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "apps.v1.DaemonSetSpec"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "apps.v1.DaemonSetSpec": {
  "selector": {
   "type": "meta.v1.LabelSelector"
  },
  "template": {
   "type": "core.v1.PodTemplateSpec"
  }
 },
 "core.v1.PodTemplateSpec": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.PodSpec"
  }
 },
 "core.v1.PodSpec": {
  "affinity": {
   "type": "core.v1.Affinity"
  },
  "containers": {
   "keys": [
    "name"
   ],
   "of": "core.v1.Container"
  },
  "ephemeralContainers": {
   "keys": [
    "name"
   ],
   "of": "core.v1.EphemeralContainer"
  },
  "hostAliases": {
   "keys": [
    "ip"
   ]
  },
  "imagePullSecrets": {
   "keys": [
    "name"
   ]
  },
  "initContainers": {
   "keys": [
    "name"
   ],
   "of": "core.v1.Container"
  },
  "topologySpreadConstraints": {
   "keys": [
    "topologyKey",
    "whenUnsatisfiable"
   ],
   "of": "core.v1.TopologySpreadConstraint"
  },
  "volumes": {
   "keys": [
    "name"
   ],
   "of": "core.v1.Volume"
  }
 },
 "core.v1.Affinity": {
  "podAffinity": {
   "type": "core.v1.PodAffinity"
  },
  "podAntiAffinity": {
   "type": "core.v1.PodAffinity"
  }
 },
 "core.v1.PodAffinity": {
  "preferredDuringSchedulingIgnoredDuringExecution": {
   "of": "core.v1.WeightedPodAffinityTerm"
  },
  "requiredDuringSchedulingIgnoredDuringExecution": {
   "of": "core.v1.PodAffinityTerm"
  }
 },
 "core.v1.WeightedPodAffinityTerm": {
  "podAffinityTerm": {
   "type": "core.v1.PodAffinityTerm"
  }
 },
 "core.v1.PodAffinityTerm": {
  "labelSelector": {
   "type": "meta.v1.LabelSelector"
  },
  "namespaceSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "core.v1.Container": {
  "env": {
   "keys": [
    "name"
   ]
  },
  "ports": {
   "keys": [
    "containerPort",
    "protocol"
   ]
  },
  "volumeDevices": {
   "keys": [
    "devicePath"
   ]
  },
  "volumeMounts": {
   "keys": [
    "mountPath"
   ]
  }
 },
 "core.v1.EphemeralContainer": {
  "env": {
   "keys": [
    "name"
   ]
  },
  "volumeDevices": {
   "keys": [
    "devicePath"
   ]
  },
  "volumeMounts": {
   "keys": [
    "mountPath"
   ]
  }
 },
 "core.v1.TopologySpreadConstraint": {
  "labelSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "core.v1.Volume": {
  "ephemeral": {
   "type": "core.v1.EphemeralVolumeSource"
  }
 },
 "core.v1.EphemeralVolumeSource": {
  "volumeClaimTemplate": {
   "type": "core.v1.PersistentVolumeClaimTemplate"
  }
 },
 "core.v1.PersistentVolumeClaimTemplate": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.PersistentVolumeClaimSpec"
  }
 },
 "core.v1.PersistentVolumeClaimSpec": {
  "selector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "apps.v1.StatefulSet": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "apps.v1.StatefulSetSpec"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "apps.v1.StatefulSetSpec": {
  "selector": {
   "type": "meta.v1.LabelSelector"
  },
  "template": {
   "type": "core.v1.PodTemplateSpec"
  },
  "volumeClaimTemplates": {
   "of": "core.v1.PersistentVolumeClaim"
  }
 },
 "core.v1.PersistentVolumeClaim": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.PersistentVolumeClaimSpec"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "autoscaling.v2beta1.HorizontalPodAutoscaler": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "autoscaling.v2beta1.HorizontalPodAutoscalerSpec"
  },
  "status": {
   "type": "autoscaling.v2beta1.HorizontalPodAutoscalerStatus"
  }
 },
 "autoscaling.v2beta1.HorizontalPodAutoscalerSpec": {
  "metrics": {
   "of": "autoscaling.v2beta1.MetricSpec"
  }
 },
 "autoscaling.v2beta1.MetricSpec": {
  "external": {
   "type": "autoscaling.v2beta1.ExternalMetricSource"
  },
  "object": {
   "type": "core.v1.PersistentVolumeClaimSpec"
  },
  "pods": {
   "type": "core.v1.PersistentVolumeClaimSpec"
  }
 },
 "autoscaling.v2beta1.ExternalMetricSource": {
  "metricSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "autoscaling.v2beta1.HorizontalPodAutoscalerStatus": {
  "currentMetrics": {
   "of": "autoscaling.v2beta1.MetricSpec"
  }
 },
 "autoscaling.v2beta2.HorizontalPodAutoscaler": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "autoscaling.v2beta2.HorizontalPodAutoscalerSpec"
  },
  "status": {
   "type": "autoscaling.v2beta2.HorizontalPodAutoscalerStatus"
  }
 },
 "autoscaling.v2beta2.HorizontalPodAutoscalerSpec": {
  "metrics": {
   "of": "autoscaling.v2beta2.MetricSpec"
  }
 },
 "autoscaling.v2beta2.MetricSpec": {
  "external": {
   "type": "autoscaling.v2beta2.ExternalMetricSource"
  },
  "object": {
   "type": "autoscaling.v2beta2.ExternalMetricSource"
  },
  "pods": {
   "type": "autoscaling.v2beta2.ExternalMetricSource"
  }
 },
 "autoscaling.v2beta2.ExternalMetricSource": {
  "metric": {
   "type": "core.v1.PersistentVolumeClaimSpec"
  }
 },
 "autoscaling.v2beta2.HorizontalPodAutoscalerStatus": {
  "currentMetrics": {
   "of": "autoscaling.v2beta2.MetricSpec"
  }
 },
 "batch.v1.CronJob": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "batch.v1.CronJobSpec"
  }
 },
 "batch.v1.CronJobSpec": {
  "jobTemplate": {
   "type": "batch.v1.JobTemplateSpec"
  }
 },
 "batch.v1.JobTemplateSpec": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "apps.v1.DaemonSetSpec"
  }
 },
 "networking.v1.NetworkPolicy": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "networking.v1.NetworkPolicySpec"
  }
 },
 "networking.v1.NetworkPolicySpec": {
  "egress": {
   "of": "networking.v1.NetworkPolicyEgressRule"
  },
  "ingress": {
   "of": "networking.v1.NetworkPolicyIngressRule"
  },
  "podSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "networking.v1.NetworkPolicyEgressRule": {
  "to": {
   "of": "networking.v1.NetworkPolicyPeer"
  }
 },
 "networking.v1.NetworkPolicyPeer": {
  "namespaceSelector": {
   "type": "meta.v1.LabelSelector"
  },
  "podSelector": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "networking.v1.NetworkPolicyIngressRule": {
  "from": {
   "of": "networking.v1.NetworkPolicyPeer"
  }
 },
 "rbac.v1.ClusterRole": {
  "aggregationRule": {
   "type": "rbac.v1.AggregationRule"
  },
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  }
 },
 "rbac.v1.AggregationRule": {
  "clusterRoleSelectors": {
   "of": "meta.v1.LabelSelector"
  }
 },
 "storage.v1.CSINode": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "storage.v1.CSINodeSpec"
  }
 },
 "storage.v1.CSINodeSpec": {
  "drivers": {
   "keys": [
    "name"
   ]
  }
 },
 "storage.v1beta1.CSIStorageCapacity": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "nodeTopology": {
   "type": "meta.v1.LabelSelector"
  }
 },
 "core.v1.ComponentStatus": {
  "conditions": {
   "keys": [
    "type"
   ]
  },
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  }
 },
 "core.v1.Node": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.NodeSpec"
  },
  "status": {
   "type": "core.v1.NodeStatus"
  }
 },
 "core.v1.NodeSpec": {
  "podCIDRs": {
   "keys": []
  }
 },
 "core.v1.NodeStatus": {
  "addresses": {
   "keys": [
    "type"
   ]
  },
  "conditions": {
   "keys": [
    "type"
   ]
  }
 },
 "core.v1.Pod": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.PodSpec"
  },
  "status": {
   "type": "core.v1.PodStatus"
  }
 },
 "core.v1.PodStatus": {
  "conditions": {
   "keys": [
    "type"
   ]
  },
  "podIPs": {
   "keys": [
    "ip"
   ]
  }
 },
 "core.v1.PodTemplate": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "template": {
   "type": "core.v1.PodTemplateSpec"
  }
 },
 "core.v1.ReplicationController": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.ReplicationControllerSpec"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "core.v1.ReplicationControllerSpec": {
  "template": {
   "type": "core.v1.PodTemplateSpec"
  }
 },
 "core.v1.Service": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "spec": {
   "type": "core.v1.ServiceSpec"
  },
  "status": {
   "type": "apiregistration.v1.APIServiceStatus"
  }
 },
 "core.v1.ServiceSpec": {
  "ports": {
   "keys": [
    "port",
    "protocol"
   ]
  }
 },
 "core.v1.ServiceAccount": {
  "metadata": {
   "type": "meta.v1.ObjectMeta"
  },
  "secrets": {
   "keys": [
    "name"
   ]
  }
 },
 "apps.v1.Kustomization": {
  "configMapGenerator": {
   "keys": [
    "name"
   ]
  },
  "secretGenerator": {
   "keys": [
    "name"
   ]
  }
 }
}

/** apiVersion, kind, type. */
export const mergeKinds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
 "admissionregistration.k8s.io/v1": {
  "MutatingWebhookConfiguration": "admissionregistration.v1.MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration": "admissionregistration.v1.MutatingWebhookConfiguration"
 },
 "admissionregistration.k8s.io/v1beta1": {
  "MutatingWebhookConfiguration": "admissionregistration.v1.MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration": "admissionregistration.v1.MutatingWebhookConfiguration"
 },
 "apiextensions.k8s.io/v1": {
  "CustomResourceDefinition": "apiextensions.v1.CustomResourceDefinition"
 },
 "apiextensions.k8s.io/v1beta1": {
  "CustomResourceDefinition": "apiextensions.v1.CustomResourceDefinition"
 },
 "apiregistration.k8s.io/v1": {
  "APIService": "apiregistration.v1.APIService"
 },
 "apiregistration.k8s.io/v1beta1": {
  "APIService": "apiregistration.v1.APIService"
 },
 "apps/v1": {
  "ControllerRevision": "apiextensions.v1.CustomResourceDefinition",
  "DaemonSet": "apps.v1.DaemonSet",
  "Deployment": "apps.v1.DaemonSet",
  "ReplicaSet": "apps.v1.DaemonSet",
  "StatefulSet": "apps.v1.StatefulSet"
 },
 "authentication.k8s.io/v1": {
  "TokenRequest": "apiextensions.v1.CustomResourceDefinition",
  "TokenReview": "apiextensions.v1.CustomResourceDefinition"
 },
 "authentication.k8s.io/v1beta1": {
  "TokenReview": "apiextensions.v1.CustomResourceDefinition"
 },
 "authorization.k8s.io/v1": {
  "LocalSubjectAccessReview": "apiextensions.v1.CustomResourceDefinition",
  "SelfSubjectAccessReview": "apiextensions.v1.CustomResourceDefinition",
  "SelfSubjectRulesReview": "apiextensions.v1.CustomResourceDefinition",
  "SubjectAccessReview": "apiextensions.v1.CustomResourceDefinition"
 },
 "authorization.k8s.io/v1beta1": {
  "LocalSubjectAccessReview": "apiextensions.v1.CustomResourceDefinition",
  "SelfSubjectAccessReview": "apiextensions.v1.CustomResourceDefinition",
  "SelfSubjectRulesReview": "apiextensions.v1.CustomResourceDefinition",
  "SubjectAccessReview": "apiextensions.v1.CustomResourceDefinition"
 },
 "autoscaling/v1": {
  "HorizontalPodAutoscaler": "apiextensions.v1.CustomResourceDefinition",
  "Scale": "apiextensions.v1.CustomResourceDefinition"
 },
 "autoscaling/v2beta1": {
  "HorizontalPodAutoscaler": "autoscaling.v2beta1.HorizontalPodAutoscaler"
 },
 "autoscaling/v2beta2": {
  "HorizontalPodAutoscaler": "autoscaling.v2beta2.HorizontalPodAutoscaler"
 },
 "batch/v1": {
  "CronJob": "batch.v1.CronJob",
  "Job": "apps.v1.DaemonSet"
 },
 "batch/v1beta1": {
  "CronJob": "batch.v1.CronJob"
 },
 "certificates.k8s.io/v1": {
  "CertificateSigningRequest": "apiextensions.v1.CustomResourceDefinition"
 },
 "certificates.k8s.io/v1beta1": {
  "CertificateSigningRequest": "apiextensions.v1.CustomResourceDefinition"
 },
 "coordination.k8s.io/v1": {
  "Lease": "apiextensions.v1.CustomResourceDefinition"
 },
 "coordination.k8s.io/v1beta1": {
  "Lease": "apiextensions.v1.CustomResourceDefinition"
 },
 "discovery.k8s.io/v1": {
  "EndpointSlice": "apiextensions.v1.CustomResourceDefinition"
 },
 "discovery.k8s.io/v1beta1": {
  "EndpointSlice": "apiextensions.v1.CustomResourceDefinition"
 },
 "events.k8s.io/v1": {
  "Event": "apiextensions.v1.CustomResourceDefinition"
 },
 "events.k8s.io/v1beta1": {
  "Event": "apiextensions.v1.CustomResourceDefinition"
 },
 "extensions/v1beta1": {
  "Ingress": "apiextensions.v1.CustomResourceDefinition"
 },
 "flowcontrol.apiserver.k8s.io/v1beta1": {
  "FlowSchema": "apiextensions.v1.CustomResourceDefinition",
  "PriorityLevelConfiguration": "apiextensions.v1.CustomResourceDefinition"
 },
 "networking.k8s.io/v1": {
  "Ingress": "apiextensions.v1.CustomResourceDefinition",
  "IngressClass": "apiextensions.v1.CustomResourceDefinition",
  "NetworkPolicy": "networking.v1.NetworkPolicy"
 },
 "networking.k8s.io/v1beta1": {
  "Ingress": "apiextensions.v1.CustomResourceDefinition",
  "IngressClass": "apiextensions.v1.CustomResourceDefinition"
 },
 "node.k8s.io/v1": {
  "RuntimeClass": "apiextensions.v1.CustomResourceDefinition"
 },
 "node.k8s.io/v1beta1": {
  "RuntimeClass": "apiextensions.v1.CustomResourceDefinition"
 },
 "policy/v1": {
  "PodDisruptionBudget": "core.v1.PersistentVolumeClaim"
 },
 "policy/v1beta1": {
  "Eviction": "apiextensions.v1.CustomResourceDefinition",
  "PodDisruptionBudget": "core.v1.PersistentVolumeClaim",
  "PodSecurityPolicy": "apiextensions.v1.CustomResourceDefinition"
 },
 "rbac.authorization.k8s.io/v1": {
  "ClusterRole": "rbac.v1.ClusterRole",
  "ClusterRoleBinding": "apiextensions.v1.CustomResourceDefinition",
  "Role": "apiextensions.v1.CustomResourceDefinition",
  "RoleBinding": "apiextensions.v1.CustomResourceDefinition"
 },
 "rbac.authorization.k8s.io/v1beta1": {
  "ClusterRole": "rbac.v1.ClusterRole",
  "ClusterRoleBinding": "apiextensions.v1.CustomResourceDefinition",
  "Role": "apiextensions.v1.CustomResourceDefinition",
  "RoleBinding": "apiextensions.v1.CustomResourceDefinition"
 },
 "scheduling.k8s.io/v1": {
  "PriorityClass": "apiextensions.v1.CustomResourceDefinition"
 },
 "scheduling.k8s.io/v1beta1": {
  "PriorityClass": "apiextensions.v1.CustomResourceDefinition"
 },
 "storage.k8s.io/v1": {
  "CSIDriver": "apiextensions.v1.CustomResourceDefinition",
  "CSINode": "storage.v1.CSINode",
  "StorageClass": "apiextensions.v1.CustomResourceDefinition",
  "VolumeAttachment": "apiextensions.v1.CustomResourceDefinition"
 },
 "storage.k8s.io/v1beta1": {
  "CSIDriver": "apiextensions.v1.CustomResourceDefinition",
  "CSINode": "storage.v1.CSINode",
  "CSIStorageCapacity": "storage.v1beta1.CSIStorageCapacity",
  "StorageClass": "apiextensions.v1.CustomResourceDefinition",
  "VolumeAttachment": "apiextensions.v1.CustomResourceDefinition"
 },
 "v1": {
  "Binding": "apiextensions.v1.CustomResourceDefinition",
  "ComponentStatus": "core.v1.ComponentStatus",
  "ConfigMap": "apiextensions.v1.CustomResourceDefinition",
  "Endpoints": "apiextensions.v1.CustomResourceDefinition",
  "Event": "apiextensions.v1.CustomResourceDefinition",
  "LimitRange": "apiextensions.v1.CustomResourceDefinition",
  "Namespace": "apiregistration.v1.APIService",
  "Node": "core.v1.Node",
  "PersistentVolume": "apiextensions.v1.CustomResourceDefinition",
  "PersistentVolumeClaim": "core.v1.PersistentVolumeClaim",
  "Pod": "core.v1.Pod",
  "PodTemplate": "core.v1.PodTemplate",
  "ReplicationController": "core.v1.ReplicationController",
  "ResourceQuota": "apiextensions.v1.CustomResourceDefinition",
  "Secret": "apiextensions.v1.CustomResourceDefinition",
  "Service": "core.v1.Service",
  "ServiceAccount": "core.v1.ServiceAccount"
 },
 "kustomize.config.k8s.io/v1beta1": {
  "Kustomization": "apps.v1.Kustomization"
 }
}

# Tandem on Google Cloud: a dashboard, and an alert policy for each rule of ../prometheus/tandem.alerts.yml, with the same PromQL (alerts.tf).
# The metrics must be in Managed Service for Prometheus: from a collector beside each instance (Cloud Run), or from managed collection, which
# scrapes: -var scraped=true.
#
#   terraform apply -var project_id=PROJECT -var 'notification_channels=["projects/PROJECT/notificationChannels/ID"]' -var docs_url=URL

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0"
    }
  }
}

variable "project_id" {
  description = "Project that holds the metrics."
  type        = string
}

variable "notification_channels" {
  description = "Names of the notification channels, for Slack and e-mail alike: projects/PROJECT/notificationChannels/ID. They are made by hand, because Slack's need a login."
  type        = list(string)

  validation {
    condition     = alltrue([for name in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", name))])
    error_message = "Each is written as projects/PROJECT/notificationChannels/ID."
  }
}

variable "warning_notification_channels" {
  description = "Where alerts of severity warning go; those of notification_channels where this is empty."
  type        = list(string)
  default     = []
}

resource "google_monitoring_alert_policy" "tandem" {
  for_each = local.alerts

  project      = var.project_id
  display_name = each.key
  combiner     = "OR"
  severity     = each.value.severity == "critical" ? "CRITICAL" : "WARNING"

  conditions {
    display_name = each.key

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.duration
      evaluation_interval = "30s"
      rule_group          = each.value.group
      alert_rule          = each.key

      # A metric that nobody has written yet is no mistake of the rule's.
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "1800s"

    # The end of an alert is told as well.
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.summary}\n\nWhat to do: [${each.value.runbook}](${each.value.runbook})"
  }

  notification_channels = (
    each.value.severity == "warning" && length(var.warning_notification_channels) > 0
    ? var.warning_notification_channels
    : var.notification_channels
  )
}

locals {
  charts = [
    {
      title = "Time to process a segment, p95 by stage"
      query = "histogram_quantile(0.95, sum by (stage, le) (rate(tandem_segment_processing_seconds_bucket[5m])))"
    },
    {
      title = "Time to process a segment, p50"
      query = "histogram_quantile(0.50, sum by (le) (rate(tandem_segment_processing_seconds_bucket{stage=\"total\"}[5m])))"
    },
    {
      title = "Time to process a segment, p99"
      query = "histogram_quantile(0.99, sum by (le) (rate(tandem_segment_processing_seconds_bucket{stage=\"total\"}[5m])))"
    },
    {
      title = "Share of segments that failed"
      query = "clamp_max(sum by (channel) (rate(tandem_segment_failures_total{stage=~\"segment|init|key|decode|carry|encode|publish\"}[5m])) / sum by (channel) (rate(tandem_segments_total[5m])), 1)"
    },
    {
      title = "Segments in flight"
      query = "sum by (channel) (tandem_segments_in_flight)"
    },
    {
      title = "Queue depth"
      query = "max by (channel, queue) (tandem_segment_queue_depth)"
    },
    {
      title = "Publication late, p95"
      query = "histogram_quantile(0.95, sum by (channel, le) (rate(tandem_publish_lateness_seconds_bucket[5m])))"
    },
    {
      title = "Source: time since its last new segment"
      query = "max by (channel) (tandem_source_age_seconds)"
    },
    {
      title = "Onset lag, p95"
      query = "histogram_quantile(0.95, sum by (channel, lang, le) (rate(tandem_dub_onset_lag_seconds_bucket[10m])))"
    },
    {
      title = "Share of the dub that the original stands in for"
      query = "sum by (channel, lang) (rate(tandem_fallback_seconds_total[5m])) / (sum by (channel, lang) (rate(tandem_fallback_seconds_total[5m])) + sum by (channel, lang) (rate(tandem_dubbed_seconds_total[5m])))"
    },
    {
      title = "WebSocket delivery, p95"
      query = "histogram_quantile(0.95, sum by (channel, le) (rate(tandem_websocket_delivery_seconds_bucket[5m])))"
    },
    {
      title = "WebSocket message size, p95"
      query = "histogram_quantile(0.95, sum by (channel, le) (rate(tandem_websocket_message_bytes_bucket[5m])))"
    },
    {
      title = "Viewers by language"
      query = "sum by (lang, via) (tandem_viewers)"
    },
    {
      title = "CPU of each instance"
      query = "tandem_cpu_ratio"
    },
    {
      title = "Memory of each instance"
      query = "tandem_memory_ratio"
    },
    {
      title = "Health checks by result"
      query = "sum by (result) (rate(tandem_health_checks_total[5m]))"
    },
    {
      title = "Cost of a month at this rate, USD"
      query = "sum(rate(tandem_cost_dollars_total[1h])) * 730 * 3600"
    },
  ]

  columns = 3
  width   = 48 / local.columns
  height  = 16
}

resource "google_monitoring_dashboard" "tandem" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "Tandem"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          xPos   = (index % local.columns) * local.width
          yPos   = floor(index / local.columns) * local.height
          width  = local.width
          height = local.height
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                targetAxis      = "Y1"
                timeSeriesQuery = { prometheusQuery = chart.query }
              }]
              yAxis = { scale = "LINEAR" }
            }
          }
        }
      ]
    }
  })
}

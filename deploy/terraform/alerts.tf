# What the alert policies of ffmpeg_monitoring.tf are made of. No provider is needed to work it out: `terraform console` shows local.alerts.

variable "docs_url" {
  description = "Where the checkout of Tandem can be read; runbooks are linked below it."
  type        = string
}

variable "scraped" {
  description = "Whether the metrics are scraped from /metrics, as managed collection does. Over OTLP, as on Cloud Run, they are not: then nobody makes the series `up`, and alerts that ask for it are replaced by those of unscraped.alerts.yml."
  type        = bool
  default     = false
}

locals {
  written   = yamldecode(file("${path.module}/../prometheus/tandem.alerts.yml"))
  unscraped = yamldecode(file("${path.module}/unscraped.alerts.yml"))

  # absent(up) would fire for ever where there is no such series, and all else that asks for it never.
  groups = concat(
    [
      for group in local.written.groups : {
        name  = group.name
        rules = [for rule in group.rules : rule if var.scraped || length(regexall("\\bup\\{", rule.expr)) == 0]
      }
    ],
    [for group in local.unscraped.groups : { name = group.name, rules = group.rules } if !var.scraped]
  )

  alerts = merge([
    for group in local.groups : {
      for rule in group.rules : rule.alert => {
        group    = group.name
        query    = trimspace(rule.expr)
        duration = local.seconds[try(rule.for, "0s")]
        severity = rule.labels.severity
        summary  = local.summaries[rule.annotations.summary]
        runbook  = "${var.docs_url}/${rule.annotations.runbook_url}"
      }
    }
  ]...)

  # Prometheus's templates in the variables of Cloud Monitoring, as gcloud has them when it takes over Prometheus's rules. There are no
  # functions: a number stands as it is, and so it is said what it counts. << and >> because a regular expression's replacement
  # reads $ itself.
  summaries = {
    for text in distinct(flatten([for group in local.groups : group.rules[*].annotations.summary])) : text => replace(replace(
      replace(replace(replace(replace(replace(text,
        "/\\{\\{ *\\$labels\\.(\\w+) *\\}\\}/", "<<metric_or_resource.label.$1>>"),
        "/\\{\\{ *\\$value *\\| *humanizePercentage *\\}\\}/", "<<metric.label.value>> (of 1)"),
        "/\\{\\{ *\\$value *\\| *humanizeDuration *\\}\\}/", "<<metric.label.value>> s"),
        "/\\{\\{ *\\$value *\\| *humanize1024 *\\}\\}/", "<<metric.label.value>> "),
      "/\\{\\{ *\\$value *(\\| *printf *\"[^\"]*\" *)?\\}\\}/", "<<metric.label.value>>"),
    "<<", "$${"), ">>", "}")
  }

  # Google Cloud takes seconds only.
  seconds = {
    "0s"  = "0s"
    "30s" = "30s"
    "1m"  = "60s"
    "2m"  = "120s"
    "5m"  = "300s"
    "10m" = "600s"
    "30m" = "1800s"
  }
}

locals {
  package = {
    type      = var.package_type
    zip_path  = var.package_type == "Zip" ? var.lambda_zip_path : null
    image_uri = var.package_type == "Image" ? "${aws_ecr_repository.this.repository_url}@${var.image_digest}" : null
  }

  descriptions = {
    ingest    = "Accepts events over HTTP, each once, and keeps their raw bytes."
    normalize = "Turns accepted events into canonical ones, or quarantines them."
    replay    = "Starts replays of events that were accepted before."
    steward   = "Sends again what is left behind, and audits what should have arrived."
  }

  policies = {
    ingest    = data.aws_iam_policy_document.ingest.json
    normalize = data.aws_iam_policy_document.normalize.json
    replay    = data.aws_iam_policy_document.replay.json
    steward   = data.aws_iam_policy_document.steward.json
  }

  # One set for all: handlers.bootstrap checks it when a function starts.
  environment_variables = {
    DVSS_ENVIRONMENT             = var.environment
    DVSS_PUBLIC_URL              = local.public_url
    DVSS_RAW_BUCKET              = local.stateful.raw_bucket
    DVSS_NORMALIZED_BUCKET       = local.stateful.normalized_bucket
    DVSS_INGEST_RECORDS_TABLE    = local.stateful.ingest_records_table
    DVSS_VENDOR_MAPPINGS_TABLE   = local.stateful.vendor_mappings_table
    DVSS_QUARANTINE_TABLE        = local.stateful.quarantine_table
    DVSS_OUTBOX_TABLE            = local.stateful.outbox_table
    DVSS_EVENT_BUS               = local.bus_name
    DVSS_PARAMETER_PREFIX        = local.parameter_prefix
    DVSS_LIVE_QUEUE              = local.lane_queues.live.name
    DVSS_REPLAY_QUEUE            = local.lane_queues.replay.name
    POWERTOOLS_SERVICE_NAME      = "dvss-${var.environment}"
    POWERTOOLS_METRICS_NAMESPACE = "dvss"
    POWERTOOLS_LOG_LEVEL         = var.log_level
  }
}

module "function" {
  source   = "../../modules/function"
  for_each = local.names

  name                  = each.value
  description           = local.descriptions[each.key]
  handler               = "handlers.functions.${each.key}.handler"
  package               = local.package
  memory_mb             = var.functions[each.key].memory_mb
  timeout_seconds       = var.functions[each.key].timeout_seconds
  reserved_concurrency  = var.functions[each.key].reserved_concurrency
  environment_variables = local.environment_variables
  policy_json           = local.policies[each.key]
  # The steward alone is invoked asynchronously, by its schedules.
  dead_letter_queue_arn = each.key == "steward" ? local.undelivered_queue.arn : null
  network               = local.network
  log_retention_days    = var.log_retention_days
  kms_key_arn           = var.kms_key_arn
}

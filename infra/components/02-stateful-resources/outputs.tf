output "environment" {
  description = "Suffix of every name."
  value       = var.environment
}

output "region" {
  description = "AWS region of everything here."
  value       = var.region
}

output "raw_bucket" {
  description = "Bucket of raw objects."
  value       = module.raw.name
}

output "normalized_bucket" {
  description = "Bucket of normalized events."
  value       = module.normalized.name
}

output "inbox_bucket" {
  description = "Bucket into which vendors drop files."
  value       = module.inbox.name
}

output "bucket_arns" {
  description = "ARN of each bucket, by what it holds."
  value = {
    raw        = module.raw.arn
    normalized = module.normalized.arn
    inbox      = module.inbox.arn
  }
}

output "ingest_records_table" {
  description = "Table of accepted events."
  value       = aws_dynamodb_table.this["ingest-records"].name
}

output "canonical_state_table" {
  description = "Table of canonical state."
  value       = aws_dynamodb_table.this["canonical-state"].name
}

output "vendor_mappings_table" {
  description = "Table of published mapping versions and API keys' digests."
  value       = aws_dynamodb_table.this["vendor-mappings"].name
}

output "divergence_table" {
  description = "Table of divergences."
  value       = aws_dynamodb_table.this["divergence"].name
}

output "quarantine_table" {
  description = "Table of quarantined events."
  value       = aws_dynamodb_table.this["quarantine"].name
}

output "outbox_table" {
  description = "Table of canonical events that are not published yet."
  value       = aws_dynamodb_table.this["outbox"].name
}

output "table_arns" {
  description = "ARN of each table, by its name without project and environment."
  value       = { for name, table in aws_dynamodb_table.this : name => table.arn }
}

output "live_queue_url" {
  description = "URL of the live lane's queue."
  value       = module.lane["live"].url
}

output "replay_queue_url" {
  description = "URL of the replay lane's queue."
  value       = module.lane["replay"].url
}

output "live_dlq_url" {
  description = "URL of the live lane's dead-letter queue."
  value       = module.lane["live"].dead_letter_url
}

output "replay_dlq_url" {
  description = "URL of the replay lane's dead-letter queue."
  value       = module.lane["replay"].dead_letter_url
}

output "undelivered_queue_url" {
  description = "URL of the queue of what EventBridge could not deliver."
  value       = aws_sqs_queue.undelivered.url
}

output "lane_queues" {
  description = "Each lane's queue: name, ARN, URL and visibility timeout in seconds, and its dead-letter queue's name."
  value = {
    for name, lane in module.lane : name => {
      name                       = lane.name
      arn                        = lane.arn
      url                        = lane.url
      visibility_timeout_seconds = lane.visibility_timeout_seconds
      dead_letter_name           = lane.dead_letter_name
    }
  }
}

output "undelivered_queue" {
  description = "The queue of what EventBridge could not deliver: name, ARN and URL."
  value = {
    name = aws_sqs_queue.undelivered.name
    arn  = aws_sqs_queue.undelivered.arn
    url  = aws_sqs_queue.undelivered.url
  }
}

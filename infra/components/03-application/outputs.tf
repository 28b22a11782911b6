output "api_url" {
  description = "URL under which API Gateway serves the API, stage included."
  value       = aws_api_gateway_stage.this.invoke_url
}

output "stage" {
  description = "Stage of the API."
  value       = local.stage
}

output "rest_api_id" {
  description = "Id of the REST API."
  value       = aws_api_gateway_rest_api.this.id
}

output "rest_api_name" {
  description = "Name of the REST API, by which its metrics are found."
  value       = aws_api_gateway_rest_api.this.name
}

output "usage_plan_ids" {
  description = "Id of each usage plan, by its name in generated/vendors.auto.tfvars.json."
  value       = { for name, plan in aws_api_gateway_usage_plan.this : name => plan.id }
}

output "ingest_function" {
  description = "Name of the function that accepts events."
  value       = module.function["ingest"].name
}

output "normalize_function" {
  description = "Name of the function that normalizes events."
  value       = module.function["normalize"].name
}

output "replay_function" {
  description = "Name of the function that starts replays."
  value       = module.function["replay"].name
}

output "steward_function" {
  description = "Name of the function that sends again what is left behind."
  value       = module.function["steward"].name
}

output "functions" {
  description = "Each function's name, log group and timeout in seconds."
  value = {
    for key, function in module.function : key => {
      name            = function.name
      log_group       = function.log_group
      timeout_seconds = function.timeout_seconds
    }
  }
}

output "event_bus" {
  description = "Name of the event bus."
  value       = aws_cloudwatch_event_bus.this.name
}

output "parameter_prefix" {
  description = "Where this environment's parameters begin, e.g. `/dvss/dev`."
  value       = local.parameter_prefix
}

output "image_repository_url" {
  description = "Where the image of the functions is pushed."
  value       = aws_ecr_repository.this.repository_url
}

output "metrics_namespace" {
  description = "Namespace of the functions' own metrics."
  value       = local.environment_variables.POWERTOOLS_METRICS_NAMESPACE
}

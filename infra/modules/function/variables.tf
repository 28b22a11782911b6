variable "name" {
  description = "Name of the function, its role and its log group's last part."
  type        = string
}

variable "description" {
  description = "What the function does, in a sentence."
  type        = string
}

variable "handler" {
  description = "Where the function's entry point is, e.g. `handlers.functions.ingest.handler`."
  type        = string
}

variable "package" {
  description = "What is deployed: a zip (its path) or an image (its URI with digest); the other one is null."
  type = object({
    type      = string
    zip_path  = optional(string)
    image_uri = optional(string)
  })
}

variable "memory_mb" {
  description = "Memory in MB; 128 to 10,240. CPU grows with it."
  type        = number
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is stopped; 1 to 900."
  type        = number
}

variable "reserved_concurrency" {
  description = "How many invocations may run at once, kept free of the account's pool; -1 for no reservation."
  type        = number
}

variable "environment_variables" {
  description = "What the function reads from its environment; no secrets."
  type        = map(string)
}

variable "policy_json" {
  description = "What the function may call besides its log and its traces, as a JSON policy document."
  type        = string
}

variable "dead_letter_queue_arn" {
  description = "ARN of the queue for asynchronous invocations that failed; null for a function that is only invoked synchronously."
  type        = string
  default     = null
}

variable "network" {
  description = "Subnets and security groups of the function; empty lists run it outside of a VPC."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
}

variable "log_retention_days" {
  description = "Days for which log entries are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key of the log group; null for the key that AWS manages."
  type        = string
}

variable "environment" {
  description = "Suffix of every name, e.g. `dev`; 2 to 16 lower-case letters, digits and hyphens, a letter first, no hyphen last."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "An environment's name has 2 to 16 lower-case letters, digits and hyphens, starts with a letter and does not end in a hyphen."
  }
}

variable "region" {
  description = "AWS region of everything here, e.g. `us-east-1`."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "A region looks like us-east-1."
  }
}

variable "cost_center" {
  description = "Value of the tag CostCenter on every resource, by which the bill is split; 1 to 64 characters."
  type        = string

  validation {
    condition     = length(var.cost_center) >= 1 && length(var.cost_center) <= 64
    error_message = "A cost centre has 1 to 64 characters."
  }
}

variable "state_bucket" {
  description = "Bucket of the Terraform states, from which the components below are read; tf.sh takes it from TERRAFORM_STATE_BUCKET."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "Set TERRAFORM_STATE_BUCKET to the name of the state's bucket."
  }
}

variable "vendors" {
  description = "Per vendor id what its mapping asks of the gateway and of the parameter store; from generated/vendors.auto.tfvars.json."
  type = map(object({
    usage_plan        = string
    webhook           = bool
    secrets_parameter = optional(string)
  }))

  validation {
    condition     = alltrue([for id in keys(var.vendors) : can(regex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", id))])
    error_message = "A vendor's id is part of names in AWS: 1 to 64 letters, digits, underscores and hyphens, a letter first."
  }

  validation {
    condition     = length(setsubtract([for vendor in var.vendors : vendor.usage_plan], keys(var.usage_plans))) == 0
    error_message = "A vendor names a usage plan that is not in usage_plans. Run make codegen."
  }

  validation {
    condition     = alltrue([for id, vendor in var.vendors : vendor.secrets_parameter == null || vendor.secrets_parameter == "vendors/${id}/secrets"])
    error_message = "A vendor's secrets lie at vendors/<id>/secrets: the functions read nothing else. Run make codegen."
  }
}

variable "usage_plans" {
  description = "Tiers of limits, for each key by itself: requests a second, and how many at once; from generated/vendors.auto.tfvars.json. An account has 300 plans."
  type = map(object({
    requests_per_second = number
    burst               = number
  }))

  validation {
    condition     = alltrue([for name in keys(var.usage_plans) : can(regex("^[a-z0-9][a-z0-9-]{0,63}$", name))])
    error_message = "A usage plan's name has 1 to 64 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for plan in var.usage_plans : plan.requests_per_second > 0 && plan.burst > 0])
    error_message = "A usage plan allows at least one request."
  }
}

variable "lanes" {
  description = "Lanes that mappings use; from generated/vendors.auto.tfvars.json."
  type        = list(string)

  validation {
    condition     = length(setsubtract(var.lanes, ["live"])) == 0
    error_message = "A mapping uses a lane that nothing reads on AWS yet: its events would wait for ever. Only live is there."
  }
}

variable "package_type" {
  description = "How the functions are deployed: Zip (lambda_zip_path) or Image (image_digest)."
  type        = string
  default     = "Zip"

  validation {
    condition     = contains(["Zip", "Image"], var.package_type)
    error_message = "The package type is Zip or Image."
  }
}

variable "lambda_zip_path" {
  description = "Path of the zip that build.sh made; with package_type Zip."
  type        = string
  default     = null

  validation {
    # Whether it is there is asked when a function is made of it: to destroy one takes no zip.
    condition     = var.package_type != "Zip" || var.lambda_zip_path != null
    error_message = "With package_type Zip, lambda_zip_path is the path of the zip that make package makes."
  }
}

variable "image_digest" {
  description = "Digest of the image in the repository of this component, e.g. `sha256:…`; with package_type Image. Deploy once as Zip, which makes the repository, push the image, then switch."
  type        = string
  default     = null

  validation {
    condition     = var.package_type != "Image" || can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "With package_type Image, image_digest is sha256: and 64 hexadecimal digits."
  }
}

variable "functions" {
  description = <<-EOT
    Limits of each function.
    memory_mb: 128 to 10,240.
    timeout_seconds: 1 to 900; for ingest at most 29, after which API Gateway answers; for the steward less than its minute.
    reserved_concurrency: how many invocations may run at once, kept free of the account's pool; -1 reserves nothing. That of
    ingest exceeds peak requests a second times seconds each.
  EOT
  type = object({
    ingest = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 15)
      reserved_concurrency = optional(number, 100)
    }), {})
    normalize = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 30)
      reserved_concurrency = optional(number, 30)
    }), {})
    replay = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 300)
      reserved_concurrency = optional(number, 2)
    }), {})
    steward = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 50)
      reserved_concurrency = optional(number, 2)
    }), {})
  })
  default = {}

  validation {
    condition     = alltrue([for function in var.functions : function.memory_mb >= 128 && function.memory_mb <= 10240])
    error_message = "A function has 128 to 10,240 MB."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.timeout_seconds >= 1 && function.timeout_seconds <= 900])
    error_message = "A function runs for 1 to 900 seconds."
  }

  validation {
    condition     = var.functions.ingest.timeout_seconds <= 29
    error_message = "API Gateway waits 29 seconds for ingest."
  }

  validation {
    condition     = var.functions.steward.timeout_seconds < 60
    error_message = "The steward starts every minute: it ends before the next one starts."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.reserved_concurrency == -1 || function.reserved_concurrency >= 1])
    error_message = "A function may run at least once at a time; -1 reserves nothing."
  }
}

variable "lane_limits" {
  description = <<-EOT
    How each lane's queue is read.
    maximum_concurrency: how many batches at once; 2 to 1,000. The replay lane's is low, so that replays leave room for live events.
    batching_window_seconds: how long a batch may wait to fill; 0 to 300.
  EOT
  type = object({
    live = optional(object({
      maximum_concurrency     = optional(number, 20)
      batching_window_seconds = optional(number, 0)
    }), {})
    replay = optional(object({
      maximum_concurrency     = optional(number, 5)
      batching_window_seconds = optional(number, 1)
    }), {})
  })
  default = {}

  validation {
    condition     = alltrue([for lane in var.lane_limits : lane.maximum_concurrency >= 2 && lane.maximum_concurrency <= 1000])
    error_message = "A lane is read by 2 to 1,000 batches at once."
  }

  validation {
    condition     = alltrue([for lane in var.lane_limits : lane.batching_window_seconds >= 0 && lane.batching_window_seconds <= 300])
    error_message = "A batch waits 0 to 300 seconds."
  }

  validation {
    condition     = var.functions.normalize.reserved_concurrency == -1 || sum([for lane in var.lane_limits : lane.maximum_concurrency]) <= var.functions.normalize.reserved_concurrency
    error_message = "The lanes read more batches at once than normalize has concurrency for: the rest would be throttled into the dead-letter queue."
  }
}

variable "batch_size" {
  description = "Messages that normalize is handed at once; 1 to 10 while a batch does not wait to fill."
  type        = number
  default     = 10

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10
    error_message = "A batch has 1 to 10 messages."
  }
}

variable "route_limits" {
  description = <<-EOT
    Requests a second, and how many at once, for all vendors together; best effort, like every limit of the gateway.
    all: each route. webhooks: the route of native webhooks, which no usage plan limits.
  EOT
  type = object({
    all      = optional(object({ requests_per_second = number, burst = number }), { requests_per_second = 2000, burst = 4000 })
    webhooks = optional(object({ requests_per_second = number, burst = number }), { requests_per_second = 500, burst = 1000 })
  })
  default = {}

  validation {
    condition     = alltrue([for limit in var.route_limits : limit.requests_per_second > 0 && limit.burst > 0])
    error_message = "A route takes at least one request."
  }
}

variable "public_url" {
  description = "URL under which vendors reach the API, without a slash at its end; some sign it. Null for the one that API Gateway gives."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https?://[^ ]*[^/ ]$", var.public_url))
    error_message = "The public URL is http:// or https:// and what follows, without a slash at its end."
  }
}

variable "log_level" {
  description = "The least serious entries that the functions log."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "The log level is DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "log_retention_days" {
  description = "Days for which log entries are kept, one of those that CloudWatch Logs knows. What happened to an event is in its rows and objects, not here."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs keeps entries for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "kms_key_arn" {
  description = "ARN of a customer-managed key for the log groups, whose policy lets CloudWatch Logs use it; null for the key that AWS manages, which costs nothing."
  type        = string
  default     = null
}

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

variable "alarm_emails" {
  description = "Addresses that are told of alarms and of the budget; none by default: subscribe what pages you to the topic."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Alarms go to e-mail addresses."
  }
}

variable "monthly_budget_usd" {
  description = "What this environment may cost in a month, in US dollars; told at 80 % spent and when 100 % is forecast."
  type        = number

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "The budget is more than 0 US dollars."
  }
}

variable "monthly_bill_alarm_usd" {
  description = "Estimated charges of the whole account in a month, in US dollars, above which an alarm rings: AWS publishes them several times a day, sooner than the budget's tags are known."
  type        = number

  validation {
    condition     = var.monthly_bill_alarm_usd > 0
    error_message = "The bill's alarm rings at more than 0 US dollars."
  }
}

variable "thresholds" {
  description = <<-EOT
    Above what an alarm rings.
    live_age_seconds, replay_age_seconds: age of a lane's oldest message.
    normalize_failures: events quarantined in each of three periods of five minutes.
    gateway_errors: answers 5xx in three of five minutes.
    resent, republished: events and messages that the steward sent again in each of three periods of five minutes; one that is
    lost now and then is what it is for.
  EOT
  type = object({
    live_age_seconds   = optional(number, 300)
    replay_age_seconds = optional(number, 21600)
    normalize_failures = optional(number, 10)
    gateway_errors     = optional(number, 0)
    resent             = optional(number, 10)
    republished        = optional(number, 10)
  })
  default = {}

  validation {
    condition     = alltrue([for threshold in var.thresholds : threshold >= 0])
    error_message = "A threshold is 0 or more."
  }
}

variable "kms_key_arn" {
  description = "ARN of a customer-managed key for the topic of alarms, whose policy lets CloudWatch and Budgets use it; null for none: CloudWatch cannot publish under the key that AWS manages, and an alarm names no vendor's data."
  type        = string
  default     = null
}

variable "billing_kms_key_arn" {
  description = "The same for the topic of the bill's alarm, with a key in us-east-1."
  type        = string
  default     = null
}

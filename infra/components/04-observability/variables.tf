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

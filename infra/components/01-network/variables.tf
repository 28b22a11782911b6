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

variable "enable_vpc" {
  description = "Whether the functions run in a VPC of their own. Off by default: all that they call is public AWS endpoints over TLS, and each interface endpoint is billed by the hour in each zone."
  type        = bool
  default     = false
}

variable "cidr_block" {
  description = "Addresses of the VPC: a /16 to /24."
  type        = string
  default     = "10.64.0.0/22"

  validation {
    condition     = can(cidrsubnet(var.cidr_block, 2, 3)) && can(regex("/(1[6-9]|2[0-4])$", var.cidr_block))
    error_message = "The VPC's addresses are a /16 to /24, e.g. 10.64.0.0/22."
  }
}

variable "zones" {
  description = "Letters of the availability zones that the functions run in, two or more of `a` to `d`."
  type        = set(string)
  default     = ["a", "b"]

  validation {
    condition     = length(var.zones) >= 2 && length(setsubtract(var.zones, ["a", "b", "c", "d"])) == 0
    error_message = "The functions run in two or more of the zones a, b, c and d."
  }
}

variable "log_retention_days" {
  description = "Days for which refused connections are kept, one of those that CloudWatch Logs knows."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs keeps entries for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "kms_key_arn" {
  description = "ARN of a customer-managed key for the flow log's group; null for the key that AWS manages, which costs nothing."
  type        = string
  default     = null
}

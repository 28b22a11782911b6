variable "environment" {
  description = "Suffix of every name."
  type        = string
}

variable "region" {
  description = "AWS region, which is part of the endpoints' service names."
  type        = string
}

variable "cidr_block" {
  description = "Addresses of the VPC, e.g. `10.64.0.0/22`: a /16 to /24, cut into one subnet for each zone."
  type        = string
}

variable "zones" {
  description = "Letters of the availability zones with a subnet and, for each interface endpoint, an address that is billed by the hour; `a` to `d`."
  type        = set(string)
}

variable "log_retention_days" {
  description = "Days for which refused connections are kept in the flow log."
  type        = number
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key of the flow log's group; null for the key that AWS manages."
  type        = string
}

variable "name" {
  description = "Name of the topic."
  type        = string
}

variable "publishers" {
  description = "AWS services that publish to the topic, e.g. `cloudwatch.amazonaws.com`."
  type        = list(string)
}

variable "emails" {
  description = "Addresses that are told; each confirms the subscription once."
  type        = set(string)
}

variable "kms_key_arn" {
  description = "ARN of a customer-managed key of the topic's region, whose policy lets the publishers use it; null for none."
  type        = string
}

variable "region" {
  description = "AWS region of the bucket, e.g. `us-east-1`: that of the environments whose states it holds."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "A region looks like us-east-1."
  }
}

variable "state_bucket" {
  description = "Name of the bucket, unique in the world; scripts/bootstrap.sh takes it from TERRAFORM_STATE_BUCKET."
  type        = string
}

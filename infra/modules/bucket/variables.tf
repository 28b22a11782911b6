variable "name" {
  description = "Name of the bucket, unique in the world; 3 to 63 characters."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "can_be_destroyed" {
  description = "Whether destroying the bucket also deletes what it holds. False wherever data must outlive a mistake."
  type        = bool
}

variable "locked_for_days" {
  description = "Days for which Object Lock (GOVERNANCE) keeps each object version; null for a bucket without Object Lock. A bucket is made with or without it, and stays so."
  type        = number
  default     = null

  validation {
    condition     = var.locked_for_days == null ? true : var.locked_for_days >= 1
    error_message = "Object Lock keeps a version for at least one day."
  }
}

variable "archive_after_days" {
  description = "Days after which objects of more than 128 KB move to the Infrequent Access class; null keeps them where they are. At least 30, which S3 asks for."
  type        = number
  default     = null

  validation {
    condition     = var.archive_after_days == null ? true : var.archive_after_days >= 30
    error_message = "S3 moves objects to Infrequent Access after 30 days at the earliest."
  }
}

variable "expire_after_days" {
  description = "Days after which objects, and versions that are no longer current, are deleted; null keeps them for ever."
  type        = number
  default     = null

  validation {
    condition     = var.expire_after_days == null ? true : var.expire_after_days >= 1
    error_message = "Objects expire after at least one day."
  }
}

variable "policy_documents" {
  description = "Statements of the bucket's policy besides those that refuse plain HTTP and old TLS, as JSON policy documents."
  type        = list(string)
  default     = []
}

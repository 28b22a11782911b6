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

variable "data_is_protected" {
  description = "Whether data outlives mistakes: Object Lock on raw objects, deletion protection on tables, and no bucket destroyed with its objects. True in prod; false where the whole environment may be destroyed."
  type        = bool
}

variable "raw_locked_for_days" {
  description = "Days for which Object Lock keeps each raw object where data is protected; 1 to 36,500. Nobody can shorten it for objects that are there."
  type        = number
  default     = 365

  validation {
    condition     = var.raw_locked_for_days >= 1 && var.raw_locked_for_days <= 36500
    error_message = "Raw objects are locked for 1 to 36,500 days."
  }
}

variable "archive_after_days" {
  description = "Days after which raw and normalized objects of more than 128 KB move to the Infrequent Access class; 30 to 3,650."
  type        = number
  default     = 90

  validation {
    condition     = var.archive_after_days >= 30 && var.archive_after_days <= 3650
    error_message = "Objects are archived after 30 to 3,650 days."
  }
}

variable "inbox_expire_after_days" {
  description = "Days after which a dropped file is deleted from the inbox: its records are raw objects by then; 1 to 365."
  type        = number
  default     = 30

  validation {
    condition     = var.inbox_expire_after_days >= 1 && var.inbox_expire_after_days <= 365
    error_message = "Files in the inbox are kept for 1 to 365 days."
  }
}

variable "visibility_timeout_seconds" {
  description = "Seconds for which a message that normalize has received is hidden; at least six times normalize's timeout, which 03-application checks; at most 43,200."
  type        = number
  default     = 180

  validation {
    condition     = var.visibility_timeout_seconds >= 6 && var.visibility_timeout_seconds <= 43200
    error_message = "The visibility timeout is 6 to 43,200 seconds."
  }
}

variable "message_retention_seconds" {
  description = "Seconds for which a message waits in a lane, and in the queue of what EventBridge could not deliver; 60 to 1,209,600 (14 days). What expires is sent again by the steward, whose markers stay."
  type        = number
  default     = 1209600

  validation {
    condition     = var.message_retention_seconds >= 60 && var.message_retention_seconds <= 1209600
    error_message = "Messages are kept for 60 to 1,209,600 seconds."
  }
}

variable "max_receive_count" {
  description = "How often normalize is handed a message before it moves to the dead-letter queue; 1 to 1,000. AWS asks for at least 5, so that throttling alone moves none."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receive_count >= 1 && var.max_receive_count <= 1000
    error_message = "A message is handed out 1 to 1,000 times."
  }
}

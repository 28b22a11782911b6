variable "name" {
  description = "What waits in the queue, e.g. `live`."
  type        = string
}

variable "environment" {
  description = "Suffix of both queues' names."
  type        = string
}

variable "visibility_timeout_seconds" {
  description = "Seconds for which a received message is hidden from others; 0 to 43,200. AWS asks for six times the timeout of the function that reads."
  type        = number
}

variable "message_retention_seconds" {
  description = "Seconds for which an unread message is kept; 60 to 1,209,600 (14 days)."
  type        = number
}

variable "max_receive_count" {
  description = "How often a message is handed out before it moves to the dead-letter queue; 1 to 1,000."
  type        = number
}

mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:example", id = "https://sqs.us-east-1.amazonaws.com/123456789012/example" }
  }
}

run "what_fails_goes_to_a_queue_that_takes_it_from_here_alone" {
  variables {
    name                       = "live"
    environment                = "test"
    visibility_timeout_seconds = 180
    message_retention_seconds  = 345600
    max_receive_count          = 5
  }

  assert {
    condition     = aws_sqs_queue.this.name == "dvss-live-test" && aws_sqs_queue.dead_letter.name == "dvss-live-dlq-test"
    error_message = "The names are others."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.dead_letter.arn, maxReceiveCount = 5 }
    error_message = "Messages that fail go elsewhere."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.this.arn] }
    error_message = "The dead-letter queue takes messages of other queues."
  }

  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "Messages are not encrypted."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds > aws_sqs_queue.this.message_retention_seconds
    error_message = "A message that fails late expires before anybody has looked."
  }
}

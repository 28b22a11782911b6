locals {
  own_metrics = {
    "Accepted and duplicate" = ["dvss.ingest.accepted", "dvss.ingest.duplicate", "dvss.ingest.failed_validation"]
    "Normalized and failed"  = ["dvss.normalize.success", "dvss.normalize.failed"]
  }

  # Searched by name, since each reason and event type has a series of its own.
  searches = {
    for title, names in local.own_metrics : title => [
      for name in names : [{
        expression = "SUM(SEARCH('Namespace=\"${local.own_namespace}\" MetricName=\"${name}\"', 'Sum', 60))"
        label      = name
      }]
    ]
  }

  graphs = concat(
    [for title, metrics in local.searches : { title = title, stat = "Sum", metrics = metrics }],
    [
      {
        title = "From receipt to canonical event, milliseconds (p99)"
        stat  = "p99"
        metrics = [[{
          expression = "MAX(SEARCH('Namespace=\"${local.own_namespace}\" MetricName=\"dvss.pipeline.latency_ms\"', 'p99', 60))"
          label      = "p99"
        }]]
      },
      {
        title = "Answers of the API"
        stat  = "Sum"
        metrics = [
          for name in ["Count", "4XXError", "5XXError"] :
          ["AWS/ApiGateway", name, "ApiName", local.rest_api_name, "Stage", local.stage]
        ]
      },
      {
        title   = "Latency of the API, milliseconds (p95)"
        stat    = "p95"
        metrics = [["AWS/ApiGateway", "Latency", "ApiName", local.rest_api_name, "Stage", local.stage]]
      },
      {
        title = "Messages that wait"
        stat  = "Maximum"
        metrics = [
          for queue in concat([for lane in local.lane_queues : lane.name], values(local.dead_letters)) :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
        ]
      },
      {
        title   = "Age of the oldest message, seconds"
        stat    = "Maximum"
        metrics = [for lane in local.lane_queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", lane.name]]
      },
      {
        title = "Errors and throttles of the functions"
        stat  = "Sum"
        metrics = [
          for pair in setproduct(["Errors", "Throttles"], [for function in local.functions : function.name]) :
          ["AWS/Lambda", pair[0], "FunctionName", pair[1]]
        ]
      },
      {
        title   = "Concurrent invocations"
        stat    = "Maximum"
        metrics = [for function in local.functions : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function.name]]
      },
      {
        title   = "Found by the steward"
        stat    = "Sum"
        metrics = [for name in ["resent", "republished", "parked"] : [local.own_namespace, "dvss.steward.${name}"]]
      },
      {
        title   = "Audit"
        stat    = "Sum"
        metrics = [for name in ["events", "findings", "unfinished"] : [local.own_namespace, "dvss.audit.${name}"]]
      },
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "dvss-${var.environment}"

  dashboard_body = jsonencode({
    widgets = [
      for index, graph in local.graphs : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = graph.title
          region  = var.region
          stat    = graph.stat
          period  = 60
          metrics = graph.metrics
        }
      }
    ]
  })
}

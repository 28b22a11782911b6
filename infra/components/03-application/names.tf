data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  names = {
    for function in ["ingest", "normalize", "replay", "steward"] :
    function => "dvss-${function}-${var.environment}"
  }

  bus_name         = "dvss-${var.environment}"
  parameter_prefix = "/dvss/${var.environment}"

  partition = data.aws_partition.this.partition
  here      = "${var.region}:${data.aws_caller_identity.this.account_id}"

  # Made of names, not taken from the resources: ingest knows the API's URL and the API its function, without a circle;
  # and a plan shows every policy whole.
  bus_arn        = "arn:${local.partition}:events:${local.here}:event-bus/${local.bus_name}"
  parameters_arn = "arn:${local.partition}:ssm:${local.here}:parameter${local.parameter_prefix}"
  lane_rule_arns = { for lane in keys(local.lane_queues) : lane => "arn:${local.partition}:events:${local.here}:rule/${local.bus_name}/dvss-${lane}-${var.environment}" }
  sweep_rule_arn = "arn:${local.partition}:events:${local.here}:rule/${local.names.steward}"
  audit_rule_arn = "arn:${local.partition}:events:${local.here}:rule/dvss-audit-${var.environment}"
  ingest_arn     = "arn:${local.partition}:lambda:${local.here}:function:${local.names.ingest}"
  ingest_invoke_arn = join("", [
    "arn:${local.partition}:apigateway:${var.region}:lambda:path/2015-03-31/functions/",
    "${local.ingest_arn}/invocations",
  ])
}

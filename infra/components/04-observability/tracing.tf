# Every trace that passes through a function of this environment. Sampling stays AWS's: one trace a second, and 5 %.
resource "aws_xray_group" "this" {
  group_name        = "dvss-${var.environment}"
  filter_expression = join(" OR ", [for function in local.functions : "service(\"${function.name}\")"])
}

resource "aws_security_group" "functions" {
  #checkov:skip=CKV2_AWS_5:Attached to the functions, in 03-application, which reads its id from the state.
  name        = "dvss-functions-${var.environment}"
  description = "Functions: HTTPS to the endpoints and nowhere else; nothing comes in."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "dvss-functions-${var.environment}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "endpoints" {
  name        = "dvss-endpoints-${var.environment}"
  description = "Interface endpoints: HTTPS from the functions."
  vpc_id      = aws_vpc.this.id

  tags = { Name = "dvss-endpoints-${var.environment}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "interface" {
  security_group_id            = aws_security_group.functions.id
  description                  = "HTTPS to the interface endpoints"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each = local.gateway_actions

  security_group_id = aws_security_group.functions.id
  description       = "HTTPS to ${each.key}"
  prefix_list_id    = aws_vpc_endpoint.gateway[each.key].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

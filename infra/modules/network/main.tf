locals {
  # A zone keeps its addresses, whichever others are used.
  zones = { for index, zone in ["a", "b", "c", "d"] : zone => index if contains(var.zones, zone) }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = "dvss-${var.environment}" }
}

# Nothing uses the default group; without rules it lets nothing through.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = "${var.region}${each.key}"
  cidr_block        = cidrsubnet(var.cidr_block, 2, each.value)

  tags = { Name = "dvss-${each.key}-${var.environment}" }
}

# No internet gateway and no NAT: what is called is reached through endpoints.
resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "dvss-${var.environment}" }
}

resource "aws_route_table_association" "this" {
  for_each = local.zones

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this.id
}

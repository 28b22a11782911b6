data "aws_availability_zones" "this" {
  state = "available"
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
  count = var.zone_count

  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(var.cidr_block, 2, count.index)

  tags = { Name = "dvss-${var.environment}-${count.index}" }
}

# No internet gateway and no NAT: what is called is reached through endpoints.
resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "dvss-${var.environment}" }
}

resource "aws_route_table_association" "this" {
  count = var.zone_count

  subnet_id      = aws_subnet.this[count.index].id
  route_table_id = aws_route_table.this.id
}

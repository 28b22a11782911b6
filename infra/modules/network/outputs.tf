output "subnet_ids" {
  description = "Subnets that the functions run in."
  value       = [for subnet in aws_subnet.this : subnet.id]

  # A function in a subnet reaches what it calls once these are there.
  depends_on = [aws_vpc_endpoint.interface, aws_route_table_association.this]
}

output "security_group_ids" {
  description = "Security groups of the functions."
  value       = [aws_security_group.functions.id]
}

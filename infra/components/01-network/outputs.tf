output "subnet_ids" {
  description = "Subnets that the functions run in; none without a VPC."
  value       = flatten(module.network[*].subnet_ids)
}

output "security_group_ids" {
  description = "Security groups of the functions; none without a VPC."
  value       = flatten(module.network[*].security_group_ids)
}

output "state_bucket" {
  description = "Name of the bucket of the states."
  value       = module.states.name
}

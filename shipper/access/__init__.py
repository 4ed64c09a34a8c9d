"""Whether a network's rules let a flow through: security groups and network ACLs, evaluated. Pure."""

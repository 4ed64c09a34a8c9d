"""What stands between these settings and a running pipeline: looks at everything, changes nothing."""

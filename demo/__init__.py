"""The demo's story: one made-up day in two VPCs, told again as flow logs. Knows nothing of shipper.

network   the cast: subnets, interfaces, outside addresses
flow      a conversation: who, when, ports, bytes, verdict
stage     what a scene is given: the day, chance, free ports
story     the scenes, each yields flows
records   flows as the interfaces on their way record them
truth     the numbers a store must answer
delivery  the objects AWS would deliver
flow_logs the folder and the command
"""

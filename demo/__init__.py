"""The demo's story: one made-up day in two VPCs, told again as flow logs and a few packets. Knows nothing of shipper.

network   the cast: subnets, interfaces, outside addresses
flow      a conversation: who, when, ports, bytes, verdict
stage     what a scene is given: the day, chance, free ports
packets   a pcap at another time, by other addresses
sample    the captured connection that both witnesses saw
story     the scenes, each yields flows
records   flows as the interfaces on their way record them
truth     the numbers a store must answer
delivery  the objects AWS would deliver
flow_logs the folder and the command
"""

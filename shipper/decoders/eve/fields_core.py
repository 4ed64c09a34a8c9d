"""EVE's own parts, as literal tables: the top level, alerts, flows, files, packets, anomalies. `table` reads them.

One entry for each object of an event, by its path; `[]` marks a list of objects. In it one word for each key:
`key`, `key:kind`, with `>path` where ECS has a name for it. Kinds: n whole number, f number, b true or false,
ip, t time, mac, x text that is kept but not indexed, j anything as one JSON text, c counter with its delta;
none: keyword.
Names are those of Suricata's EVE schema (Suricata User Guide, "EVE JSON Format", "EVE JSON Schema").
"""

CORE = {
    "": (
        "event_type flow_id parent_id app_proto_ts app_proto_tc app_proto_orig app_proto_expected direction pkt_src "
        "tx_id:n tx_guessed:b "
        "ip_v:n icmp_type:n icmp_code:n response_icmp_type:n response_icmp_code:n spi:n stream:n pcap_cnt:n "
        "occurrence:n pcap_filename capture_file log_level sub_state ts_progress tc_progress suricata_version xff:ip "
        "payload:x payload_printable:x payload_length:n packet:x stream_tcp:j ndpi:j template:j"
    ),
    "packet_info": "linktype:n linktype_name",
    "ether": (
        "src_mac:mac>source.mac dest_mac:mac>destination.mac src_macs:mac>source.mac dest_macs:mac>destination.mac "
        "ether_type:n"
    ),
    "tunnel": "src_ip:ip src_port:n dest_ip:ip dest_port:n proto depth:n pkt_src pcap_cnt:n",
    "traffic": "id label",
    "metadata": "flowbits flowints:j flowvars:j pktvars:j entropy:j",
    "alert": (
        "action>event.action gid signature_id>rule.id rev>rule.version signature>rule.name category>rule.category "
        "severity:n engine references>rule.reference rule:x xff:ip context:j"
    ),
    "alert.source": "ip:ip port:n",
    "alert.target": "ip:ip port:n",
    "alert.metadata": (
        "affected_product attack_target confidence created_at:t updated_at:t reviewed_at:t cve>vulnerability.id "
        "deployment "
        "former_category malware_family performance_impact policy signature_severity tag tls_state "
        "mitre_tactic_id>threat.tactic.id mitre_tactic_name>threat.tactic.name "
        "mitre_technique_id>threat.technique.id mitre_technique_name>threat.technique.name"
    ),
    "verdict": "action reject reject_target reject-target",
    "firewall": "hook policy",
    "drop": (
        "reason len:n tos:n ttl:n ipid:n tc:n hoplimit:n flowlbl:n udplen:n tcpseq:n tcpack:n tcpwin:n tcpres:n "
        "tcpurgp:n "
        "syn:b ack:b psh:b rst:b urg:b fin:b icmp_id:n icmp_seq:n"
    ),
    "drop.verdict": "action reject reject_target reject-target",
    "flow": (
        "bytes_toserver:n>source.bytes pkts_toserver:n>source.packets bytes_toclient:n>destination.bytes "
        "pkts_toclient:n>destination.packets start:t>event.start end:t>event.end age:n state reason alerted:b action "
        "bypass "
        "emergency:b elephant:b elephant_direction exception_policy:j tx_cnt:n wrong_thread:b "
        "src_ip:ip src_port:n dest_ip:ip dest_port:n"
    ),
    "flow.bypassed": "pkts_toserver:n pkts_toclient:n bytes_toserver:n bytes_toclient:n",
    "netflow": (
        "bytes:n>source.bytes pkts:n>source.packets start:t>event.start end:t>event.end age:n min_ttl:n max_ttl:n "
        "tx_cnt:n"
    ),
    "tcp": (
        "tcp_flags tcp_flags_ts tcp_flags_tc syn:b fin:b rst:b psh:b ack:b urg:b ecn:b cwr:b state ts_gap:b tc_gap:b "
        "ts_max_regions:n tc_max_regions:n ts_urgent_oob_data:n tc_urgent_oob_data:n"
    ),
    "anomaly": "type event code:n layer app_proto",
    "frame": "type id:n direction stream_offset:n length:n complete:b tx_id:n payload:x payload_printable:x",
    "fileinfo": (
        "filename>file.name size:n>file.size md5>file.hash.md5 sha1>file.hash.sha1 sha256>file.hash.sha256 magic state "
        "stored:b storing:b gaps:b file_id:n start:n end:n tx_id:n sid"
    ),
    "files[]": (
        "filename size:n md5 sha1 sha256 magic state stored:b storing:b gaps:b file_id:n start:n end:n tx_id:n sid"
    ),
    "arp": "hw_type proto_type opcode src_mac:mac src_ip:ip dest_mac:mac dest_ip:ip",
    "igmp": "type:n version:n",
    "rgmp": "type:n",
    "sctp": "vtag:n chunk_cnt:n chunk_types has_abort:b has_data:b has_init:b has_init_ack:b",
    "engine": "error error_code:n message module thread_name",
}

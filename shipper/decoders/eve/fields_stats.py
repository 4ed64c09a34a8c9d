"""EVE's `stats`, as a literal table: counters that somebody looks at are typed, hundreds of others are JSON text.

How to read it: `fields_core`. Suricata User Guide, "Statistics".
"""

_COUNTS = (
    "bittorrent-dht dcerpc_tcp dcerpc_udp dhcp dnp3 dns_tcp dns_udp doh2 enip_tcp enip_udp failed_tcp failed_udp ftp "
    "ftp-data "
    "http http2 ike imap krb5_tcp krb5_udp ldap_tcp ldap_udp mdns modbus mqtt nfs_tcp nfs_udp ntp pgsql pop3 quic "
    "rdp rfb "
    "sip_tcp sip_udp smb smtp snmp ssh telnet tftp tls websocket"
)
_APPS = " ".join(f"{name}:c" for name in _COUNTS.split())

STATS = {
    "stats": (
        "uptime:n threads:j exception_policy:j stream:j memcap_pressure:c memcap_pressure_max:c score:j whitelist:j"
    ),
    "stats.capture": "kernel_packets:c kernel_drops:c kernel_ifdrops:c errors:c afpacket:j",
    "stats.decoder": (
        "pkts:c bytes:c invalid:c ipv4:c ipv6:c ethernet:c arp:c unknown_ethertype:c tcp:c udp:c sctp:c esp:c icmpv4:c "
        "icmpv6:c igmp:c gre:c vlan:c vlan_qinq:c vlan_qinqinq:c vxlan:c geneve:c mpls:c teredo:c erspan:c "
        "ipv4_in_ipv4:c "
        "ipv4_in_ipv6:c ipv6_in_ipv4:c ipv6_in_ipv6:c avg_pkt_size:c max_pkt_size:c too_many_layers:c event:j "
        "max_mac_addrs_src:c max_mac_addrs_dst:c chdlc:c raw:c null:c sll:c sll2:c ppp:c pppoe:c vntag:c etag:c "
        "ieee8021ah:c nsh:c"
    ),
    "stats.flow": (
        "memcap:c total:c active:c tcp:c udp:c icmpv4:c icmpv6:c tcp_reuse:c get_used:c get_used_eval:c "
        "get_used_eval_reject:c get_used_eval_busy:c get_used_failed:c spare:c emerg_mode_entered:c "
        "emerg_mode_over:c memuse:c "
        "elephant:c elephant_toserver:c elephant_toclient:c wrk:j end:j mgr:j recycler:j"
    ),
    "stats.flow_bypassed": (
        "local_pkts:c local_bytes:c local_capture_pkts:c local_capture_bytes:c closed:c pkts:c bytes:c"
    ),
    "stats.defrag": (
        "max_frag_hits:c max_trackers_reached:c max_frags_reached:c tracker_soft_reuse:c tracker_hard_reuse:c memuse:c "
        "ipv4:j ipv6:j wrk:j mgr:j"
    ),
    "stats.tcp": (
        "syn:c synack:c rst:c urg:c active_sessions:c sessions:c ssn_memcap_drop:c ssn_from_cache:c ssn_from_pool:c "
        "pseudo:c "
        "pseudo_failed:c invalid_checksum:c no_flow:c midstream_pickups:c pkt_on_wrong_thread:c ack_unseen_data:c "
        "segment_memcap_drop:c segment_from_cache:c segment_from_pool:c stream_depth_reached:c reassembly_gap:c "
        "overlap:c "
        "overlap_diff_data:c insert_data_normal_fail:c insert_data_overlap_fail:c urgent_oob_data:c memuse:c "
        "reassembly_memuse:c"
    ),
    "stats.sctp": "init:c init_ack:c data:c abort:c shutdown:c",
    "stats.detect": (
        "alert:c alert_queue_overflow:c alerts_suppressed:c mpm_list:c match_list:c lua:j thresholds:j engines:j"
    ),
    "stats.ips": "accepted:c blocked:c rejected:c replaced:c drop_reason:j",
    "stats.firewall": "accepted:c blocked:c rejected:c discarded_alerts:c drop_reason:j",
    "stats.app_layer": "expectations:c error:j",
    "stats.app_layer.flow": _APPS,
    "stats.app_layer.tx": _APPS,
    "stats.http": "memuse:c memcap:c byterange:j",
    "stats.ftp": "memuse:c memcap:c",
    "stats.host": "memuse:c memcap:c",
    "stats.ippair": "memuse:c memcap:c",
    "stats.memcap": "pressure:c pressure_max:c",
    "stats.file_store": "open_files:c open_files_max_hit:c fs_errors:c",
    "stats.pcap_log": "written:c filtered_bpf:c",
}

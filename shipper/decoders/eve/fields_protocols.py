"""EVE's families of files, logins, devices and the rest, as literal tables. How to read them: `fields_core`."""

_PACKET = "qos:n retain:b dup:b"
_DNP3 = "src:n dst:n type"
_DNP3_CONTROL = "dir:b pri:b fcb:b fcv:b function_code:n"
_DNP3_APPLICATION = "function_code:n complete:b objects:j control:j"

PROTOCOLS = {
    "smb": (
        "id dialect command status status_code session_id tree_id filename>file.name share share_type named_pipe "
        "directory "
        "disposition access function fuid client_dialects client_guid server_guid created:n accessed:n modified:n "
        "changed:n "
        "size:n level_of_interest max_read_size:n max_write_size:n subcmd request_done:b response_done:b"
    ),
    "smb.ntlmssp": "domain user host version warning:b",
    "smb.kerberos": "realm snames",
    "smb.request": "native_os native_lm",
    "smb.response": "native_os native_lm",
    "smb.service": "request response",
    "smb.rename": "from to",
    "smb.set_info": "class info_level",
    "smb.dcerpc": "request response opnum:n call_id:n",
    "smb.dcerpc.req": "frag_cnt:n stub_data_size:n",
    "smb.dcerpc.res": "frag_cnt:n stub_data_size:n",
    "smb.dcerpc.interfaces[]": "uuid version service procedure ack_result:n ack_reason:n",
    "dcerpc": "request response call_id:n rpc_version activityuuid seqnum:n",
    "dcerpc.req": "opnum:n frag_cnt:n stub_data_size:n",
    "dcerpc.res": "frag_cnt:n stub_data_size:n",
    "dcerpc.interfaces[]": "uuid version service procedure ack_result:n",
    "rpc": "xid status auth_type",
    "rpc.creds": "machine_name uid:n gid:n",
    "nfs": "version:n procedure filename>file.name hhash id file_tx:b type status",
    "nfs.read": "first:b last:b last_xid chunks:n",
    "nfs.write": "first:b last:b last_xid chunks:n",
    "nfs.rename": "from to",
    "tftp": "packet file>file.name mode",
    "krb5": (
        "msg_type cname realm sname encryption weak_encryption:b error_code failed_request ticket_encryption "
        "ticket_weak_encryption:b"
    ),
    "rdp": "tx_id:n event_type cookie channels",
    "rdp.client": (
        "version desktop_width:n desktop_height:n color_depth:n keyboard_layout keyboard_type function_keys:n build "
        "client_name product_id:n id capabilities"
    ),
    "rfb": "screen_shared:b server_security_failure_reason",
    "rfb.server_protocol_version": "major minor",
    "rfb.client_protocol_version": "major minor",
    "rfb.authentication": "security_type:n security_result",
    "rfb.authentication.vnc": "challenge response",
    "rfb.framebuffer": "width:n height:n name pixel_format:j",
    "snmp": "version:n community pdu_type vars usm trap_type trap_oid trap_address:ip",
    "sip": "method uri version request_line code reason response_line sdp:j",
    "dhcp": (
        "type id client_mac:mac assigned_ip:ip client_ip:ip relay_ip:ip next_server_ip:ip requested_ip:ip "
        "subnet_mask:ip "
        "dhcp_type client_id hostname routers:ip dns_servers:ip lease_time:n renewal_time:n rebinding_time:n params "
        "vendor_class_identifier"
    ),
    "ike": (
        "version_major:n version_minor:n init_spi resp_spi message_id exchange_type:n exchange_type_verbose payload "
        "role "
        "alg_enc alg_auth alg_prf alg_dh alg_esn _v:n attributes:j"
    ),
    "ike.ikev1": "doi:n encrypted_payloads:b vendor_ids client:j server:j",
    "ike.ikev2": "errors:n notify:j",
    "mqtt.connect": f"{_PACKET} protocol_string protocol_version:n client_id username password:x properties:j",
    "mqtt.connect.flags": "username:b password:b will:b will_retain:b clean_session:b",
    "mqtt.connect.will": "topic message:x properties:j",
    "mqtt.connack": f"{_PACKET} return_code:n session_present:b properties:j",
    "mqtt.publish": f"{_PACKET} topic message_id message:x skipped_length:n truncated:b properties:j",
    "mqtt.puback": f"{_PACKET} message_id reason_code:n",
    "mqtt.pubrec": f"{_PACKET} message_id reason_code:n",
    "mqtt.pubrel": f"{_PACKET} message_id reason_code:n",
    "mqtt.pubcomp": f"{_PACKET} message_id reason_code:n",
    "mqtt.subscribe": f"{_PACKET} message_id properties:j",
    "mqtt.subscribe.topics[]": "topic qos:n",
    "mqtt.suback": f"{_PACKET} message_id qos_granted:n",
    "mqtt.unsubscribe": f"{_PACKET} message_id topics",
    "mqtt.unsuback": f"{_PACKET} message_id reason_codes:n",
    "mqtt.pingreq": _PACKET,
    "mqtt.pingresp": _PACKET,
    "mqtt.disconnect": f"{_PACKET} reason_code:n properties:j",
    "modbus": "id",
    "modbus.request": (
        "transaction_id protocol_id:n unit_id:n function_raw:n function_code access_type category error_flags data:x "
        "mei:j"
    ),
    "modbus.request.read": "address:n quantity:n",
    "modbus.request.write": "address:n data:n",
    "modbus.request.diagnostic": "raw:n code data:x",
    "modbus.response": (
        "transaction_id protocol_id:n unit_id:n function_raw:n function_code access_type category error_flags data:x"
    ),
    "modbus.response.read": "data:x",
    "modbus.response.write": "address:n data:n",
    "modbus.response.exception": "raw:n code",
    "modbus.response.diagnostic": "raw:n code data:x",
    "dnp3": _DNP3,
    "dnp3.control": _DNP3_CONTROL,
    "dnp3.application": _DNP3_APPLICATION,
    "dnp3.iin": "indicators",
    "dnp3.request": f"{_DNP3} control:j",
    "dnp3.request.application": _DNP3_APPLICATION,
    "dnp3.response": f"{_DNP3} control:j",
    "dnp3.response.application": _DNP3_APPLICATION,
    "dnp3.response.iin": "indicators",
    "enip.request": "command status cip:j register_session:j",
    "enip.response": "command status cip:j register_session:j list_services:j",
    "enip.response.identity": "vendor_id device_type product_code:n product_name revision serial state:n status:n "
    "protocol_version:n",
    "ntp": "version:n mode:n stratum:n reference_id",
    "pgsql": "tx_id:n",
    "pgsql.request": (
        "simple_query message password:x password_redacted:b protocol_version sasl_authentication_mechanism "
        "sasl_param:x "
        "sasl_response:x process_id:n secret_key:x copy_data_in:j"
    ),
    "pgsql.request.startup_parameters": "user optional_parameters:j",
    "pgsql.response": (
        "ssl_accepted:b authentication_md5_password:x authentication_sasl_final:x code message severity_localizable "
        "severity_non_localizable routine file line command_completed data_rows:n data_size:n field_count:n "
        "process_id:n "
        "secret_key:x parameter_status:j copy_data_out:j copy_in_response:j copy_out_response:j"
    ),
    "bittorrent_dht": "transaction_id client_version request_type",
    "bittorrent_dht.request": "id target info_hash token port:n implied_port:n",
    "bittorrent_dht.response": "id token nodes:j nodes6:j values:j",
    "bittorrent_dht.error": "num:n msg",
}

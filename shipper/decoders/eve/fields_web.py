"""EVE's families of the web, names and mail, as literal tables. How to read them: `fields_core`."""

_HTTP2 = "error_code has_multiple"

WEB = {
    "http": (
        "hostname>url.domain url>url.original http_port:n>url.port http_method>http.request.method "
        "http_refer>http.request.referrer http_user_agent>user_agent.original status:n>http.response.status_code "
        "length:n>http.response.body.bytes http_content_type>http.response.mime_type protocol status_string redirect "
        "version xff org_src_ip:ip authorization cookie set-cookie server location x-requested-with content-encoding "
        "transfer-encoding via accept-language "
        "http_request_body:x http_request_body_printable:x http_response_body:x http_response_body_printable:x"
    ),
    "http.content_range": "raw start:n end:n size:n",
    "http.request_headers[]": "name value:x table_size_update:n",
    "http.response_headers[]": "name value:x table_size_update:n",
    "http.http2": "stream_id:n",
    "http.http2.request": f"{_HTTP2} priority:n",
    "http.http2.request.settings[]": "settings_id settings_value:n",
    "http.http2.response": _HTTP2,
    "http.http2.response.settings[]": "settings_id settings_value:n",
    "websocket": "fin:b mask:n opcode payload_base64:x payload_printable:x",
    "dns": (
        "version:n type>dns.type id>dns.id tx_id:n opcode:n rrname>dns.question.name rrtype>dns.question.type "
        "rcode>dns.response_code flags qr:b aa:b tc:b rd:b ra:b z:b rdata ttl:n authorities:j additionals:j"
    ),
    "dns.queries[]": "rrname rrtype id tx_id:n type opcode:n z:b rrname_truncated:b",
    "dns.query[]": "rrname rrtype id tx_id:n type opcode:n z:b",
    "dns.answers[]": "rrname rrtype rdata ttl:n rdata_truncated:b rrname_truncated:b soa:j srv:j sshfp:j",
    "dns.answer": (
        "version:n type id rcode flags qr:b aa:b tc:b rd:b ra:b opcode:n rrname rrtype authorities:j additionals:j"
    ),
    "dns.answer.answers[]": "rrname rrtype rdata ttl:n soa:j srv:j sshfp:j",
    "dns.grouped": "A AAAA CNAME MX NS NULL PTR TXT SOA:j SRV:j SSHFP:j",
    "mdns": "type id opcode:n rcode flags additionals:j authorities:j",
    "mdns.queries[]": "rrname rrtype rrname_truncated:b",
    "mdns.answers[]": "rrname rrtype ptr txt rrname_truncated:b ttl:n",
    "llmnr": "type id tx_id:n opcode:n flags additionals:j authorities:j grouped:j",
    "llmnr.queries[]": "rrname rrtype rrname_truncated:b",
    "llmnr.answers[]": (
        "rrname rrtype ttl:n a aaaa cname mx ns null ptr txt unknown rrname_truncated:b soa:j srv:j sshfp:j"
    ),
    "tls": (
        "sni>tls.client.server_name subject>tls.server.subject issuerdn>tls.server.issuer serial fingerprint "
        "version>tls.version notbefore:t>tls.server.not_before notafter:t>tls.server.not_after "
        "session_resumed:b>tls.resumed from_proto subjectaltname ja4>tls.client.ja4 client_alpns server_alpns "
        "certificate:x chain:x"
    ),
    "tls.ja3": "hash>tls.client.ja3 string",
    "tls.ja3s": "hash>tls.server.ja3s string",
    "tls.client": "subject issuerdn serial fingerprint notbefore:t notafter:t subjectaltname certificate:x chain:x",
    "tls.client_handshake": "version ciphers:n exts:n sig_algs:n",
    "tls.server_handshake": "version cipher:n exts:n",
    "quic": "version sni>tls.client.server_name ua ja4>tls.client.ja4",
    "quic.ja3": "hash>tls.client.ja3 string",
    "quic.ja3s": "hash>tls.server.ja3s string",
    "quic.cyu[]": "hash string",
    "quic.extensions[]": "name type:n values",
    "ssh.client": "proto_version software_version",
    "ssh.client.hassh": "hash string",
    "ssh.server": "proto_version software_version",
    "ssh.server.hassh": "hash string",
    "smtp": "helo mail_from>email.sender.address rcpt_to",
    "email": (
        "from>email.from.address to>email.to.address cc>email.cc.address bcc subject>email.subject message_id date "
        "status "
        "attachment>email.attachments.file.name url body_md5 subject_md5 received x_mailer>email.x_mailer user_agent "
        "reply_to content_md5 importance in_reply_to organization priority references sensitivity x_originating_ip "
        "has_ipv4_url:b "
        "has_ipv6_url:b has_exe_url:b"
    ),
    "ftp": (
        "command command_data command_truncated:b completion_code reply reply_received reply_truncated:b "
        "dynamic_port:n mode"
    ),
    "ftp_data": "command filename>file.name",
    "pop3.request": "command args",
    "pop3.response": "success:b status header data:x",
    "ldap.request": "operation message_id",
    "ldap.request.bind_request": "version:n name",
    "ldap.request.bind_request.sasl": "mechanism credentials:x",
    "ldap.request.search_request": (
        "base_object scope:n deref_alias:n size_limit:n time_limit:n types_only:b attributes"
    ),
    "ldap.request.add_request": "entry attributes:j",
    "ldap.request.modify_request": "object changes:j",
    "ldap.request.del_request": "dn",
    "ldap.request.mod_dn_request": "entry new_rdn delete_old_rdn:b new_superior",
    "ldap.request.compare_request": "entry attribute_value_assertion:j",
    "ldap.request.extended_request": "name value:x",
    "ldap.request.abandon_request": "message_id",
    "ldap.responses[]": (
        "operation message_id add_response:j compare_response:j del_response:j intermediate_response:j "
        "mod_dn_response:j "
        "modify_response:j"
    ),
    "ldap.responses[].bind_response": "result_code matched_dn message server_sasl_creds:x",
    "ldap.responses[].extended_response": "result_code matched_dn message name value:x",
    "ldap.responses[].search_result_done": "result_code matched_dn message",
    "ldap.responses[].search_result_entry": "base_object attributes:j",
}

from aws.calls import policy


def test_a_log_group_takes_three_permissions_and_only_one_of_them_on_any_events() -> None:
    told = policy([], log_groups=[("/aws/vpc/flows", "eu-west-1")])
    assert told["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "logs:FilterLogEvents",
            "Resource": "arn:aws:logs:eu-west-1:*:log-group:/aws/vpc/flows:*",
        },
        {"Effect": "Allow", "Action": ["logs:DescribeLogGroups", "ec2:DescribeFlowLogs"], "Resource": "*"},
    ]

"""Keys as AWS gives them to flow-log objects."""

ACCOUNT = "123456789010"


def object_key(
    day: str, number: int, *, account: str = ACCOUNT, region: str = "us-east-1", prefix: str = "", hive: bool = False
) -> str:
    """The key AWS gives an object of this day (YYYY/MM/DD)."""
    year, month, date = day.split("/")
    stamp = f"{year}{month}{date}T{number // 12 % 24:02}{number % 12 * 5:02}Z"
    name = f"{account}_vpcflowlogs_{region}_fl-0123456789abcdef0_{stamp}_{number:08x}.log.gz"
    if hive:
        folder = (
            f"aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/year={year}/month={month}/day={date}"
        )
    else:
        folder = f"{account}/vpcflowlogs/{region}/{day}"
    return f"{prefix}AWSLogs/{folder}/{name}"

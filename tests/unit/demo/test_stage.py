"""The day's times and ports."""

import pytest

from demo.flow import ICMP, Ends
from demo.stage import INTRUSION_AFTER, INTRUSION_BEFORE, Period, PortBook, busyness

DAY = 1795219200  # midnight UTC


@pytest.mark.parametrize("five_minutes", range(0, 288, 7))
def test_the_theft_is_at_night_and_fits_whatever_the_end(five_minutes):
    period = Period(DAY + five_minutes * 300)
    assert period.theft % 86400 // 3600 in {0, 1, 2, 3, 4}
    assert period.begin <= period.theft - INTRUSION_BEFORE
    assert period.theft + INTRUSION_AFTER <= period.end


def test_nights_are_quiet_and_afternoons_busy():
    assert busyness(DAY + 2 * 3600) == pytest.approx(0.15)
    assert busyness(DAY + 14 * 3600) == pytest.approx(1)


def test_a_port_comes_again_only_when_all_were_used():
    ends, book = Ends("10.20.0.10", "10.20.10.11", 8080), PortBook()
    ports = [book.take(ends) for _ in range(28_232)]
    assert len(set(ports)) == len(ports)
    assert (min(ports), max(ports)) == (32768, 60999)
    assert book.take(ends) == ports[0]


def test_icmp_has_no_port():
    assert PortBook().take(Ends("10.20.0.30", "10.20.10.11", 0, ICMP)) == 0

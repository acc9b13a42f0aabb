"""Measures esm-sender beside the limits of the machine and syslog-ng's loggen; scripts/bench calls it.

Every turn measures limit, product and peer one after the other, so that a machine whose speed drifts does so for all
of them; medians over the turns are compared. Loopback only, every sender bounded in time. One file an idea:

    processes    receivers and senders as processes with deadlines, and what they cost
    wire         UDP, TCP and TLS at full speed
    pacing       the rate that was asked, the rate reached, how late
    fleets       10,000 to 10,000,000 endpoints
    growth       connections; memory; start
    rendering    the Google Benchmark programs
    targets      what a release build must reach, and whether it did
    tables       numbers as people read them
"""

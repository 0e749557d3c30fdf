# loses: test_campaign_cost
# module: campaign.py
# why: pays for serving in every cycle


def campaign_cost(data, cycle, cycles, serving, tweak, tweaks):
    return data + cycles * (cycle + serving) + tweaks * tweak

"""The health of a mail domain's DNS: look records up, judge them, say what to publish."""

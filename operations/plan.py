"""``make plan``; see ``terraform_run``."""

from operations.terraform_run import command

if __name__ == "__main__":
    command("plan")

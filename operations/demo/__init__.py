"""The main job on one machine: deploy both regions, process files, check the accounts, destroy."""

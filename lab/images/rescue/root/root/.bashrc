PS1='[RESCUE] \u@\h:\w\$ '

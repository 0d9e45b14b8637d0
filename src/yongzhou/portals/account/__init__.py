"""我的账户、单位人员与授权、服务账号、为什么: pages of people and access, in the desk's frame and in the phone's."""
